/* Shows the PDF in the page, with pdf.js. Where there is room it stands beside the answer; on a phone the first
 * page is a preview that opens over the whole window. */
import {File, FileTrouble} from "./viewer_file.js";
import {Find} from "./viewer_find.js";
import {Pages, scaleOfReality} from "./viewer_pages.js";
import {watchFingers} from "./viewer_fingers.js";

const frame = document.getElementById("viewer");
const box = document.getElementById("pages");
const number = document.getElementById("page-number");
const findBar = frame.querySelector(".find");
const findInput = document.getElementById("find");
const loading = frame.querySelector("progress");
const wide = matchMedia("(min-width: 900px)");
const words = {page: n => frame.dataset.page.replace("%n", n).replace("%m", frame.dataset.pages)};
let pages, find;

const tool = name => frame.querySelector(`[data-do="${name}"]`);
const say = text => {
	frame.querySelector(".said").textContent = text;
};

/* Trouble */

function fail(error) {
	const trouble = error instanceof FileTrouble ? error.trouble : "broken";

	console.warn(`viewer: ${trouble}: ${error.message}`);
	frame.classList.add("failed");
	waiting(false);
	frame.querySelector(".trouble").hidden = false;
	for (const part of frame.querySelectorAll("[data-trouble]"))
		part.hidden = !part.dataset.trouble.split(" ").includes(trouble);
	if (awaited)
		location.assign(awaited.href);
}

/* Waiting: the frame shows its bar and words from the beginning, while this script is on its way; once pdf.js, which is
 * most of what is fetched, is here, the bar tells how much of the PDF is. */

const telling = setTimeout(() => say(frame.querySelector(".waiting").textContent), 1000);
let measured = false;

function progress(loaded) {
	if (!measured || loaded >= frame.dataset.size)
		loading.removeAttribute("value");
	else
		loading.value = 100 * loaded / frame.dataset.size;
}

function waiting(on) {
	loading.hidden = frame.querySelector(".waiting").hidden = !on;
	if (on)
		return;
	clearTimeout(telling);
	say("");
}

/* Pages and zoom */

function changed() {
	if (document.activeElement !== number)
		number.value = pages.current;
	tool("previous").disabled = pages.current === 1;
	tool("next").disabled = pages.current === pages.list.length;
	frame.querySelector(".zoom").value = `${Math.round(100 * pages.scale / scaleOfReality)} %`;
	tool("fit").setAttribute("aria-pressed", String(pages.fits));
}

function turn(n) {
	pages.go(n, Math.abs(n - pages.current) === 1);
	say(words.page(Math.min(Math.max(n, 1), pages.list.length)));
}

function zoom(factor) {
	pages.zoomTo(pages.scale * factor);
	box.tabIndex = 0;
}

/* Over the whole window */

const expanded = () => frame.classList.contains("expanded");
const interactive = () => wide.matches || expanded();
let opener;

/* What is not the viewer is out of reach meanwhile, but for the way to the answer. */
function isolate(on) {
	for (let node = frame; node !== document.body; node = node.parentNode)
		for (const other of node.parentNode.children)
			if (other !== node && !other.matches(".ready, script, link"))
				other.inert = on;
}

function expand() {
	if (expanded())
		return;
	opener = document.activeElement;
	frame.classList.add("expanded");
	document.documentElement.classList.add("covered");
	frame.setAttribute("role", "dialog");
	frame.setAttribute("aria-modal", "true");
	frame.setAttribute("aria-label", frame.dataset.label);
	isolate(true);
	history.pushState({reading: true}, "");
	if (wide.matches && document.fullscreenEnabled)
		document.documentElement.requestFullscreen().catch(() => {});
	settle();
	box.focus({preventScroll: true});
}

/* By the button, Escape, or the browser's way back, which alone leaves the history right. */
function collapse() {
	if (expanded())
		history.back();
}

function collapsed() {
	if (!expanded())
		return;
	frame.classList.remove("expanded");
	document.documentElement.classList.remove("covered");
	["role", "aria-modal", "aria-label"].forEach(name => frame.removeAttribute(name));
	isolate(false);
	if (document.fullscreenElement)
		document.exitFullscreen();
	closeFind();
	settle();
	opener?.focus({preventScroll: true});
}

/* A preview shows the beginning and takes no part in the keyboard's round. */
function settle() {
	box.tabIndex = interactive() ? 0 : -1;
	if (!interactive())
		box.scrollTop = box.scrollLeft = 0;
	pages?.resize();
}

/* Links to the PDF and to a page of it, wherever they stand, open it here. One that is followed while the pages are
 * still on their way waits for them; where they cannot be shown it leads to the file. */

let awaited;

function follow(link) {
	const n = Number(link.hash.match(/^#page=(\d+)$/)?.[1] ?? 0);

	if (!interactive())
		expand();
	if (n) {
		pages.go(n);
		say(words.page(Math.min(n, pages.list.length)));
	}
	frame.scrollIntoView({block: "nearest"});
	box.focus({preventScroll: true});
}

document.addEventListener("click", event => {
	const link = event.target.closest?.(`a[href^="${frame.dataset.file}"]`);

	if (!link || event.ctrlKey || event.metaKey || event.shiftKey || frame.classList.contains("failed"))
		return;
	event.preventDefault();
	if (frame.classList.contains("shown"))
		follow(link);
	else
		awaited = link;
});

/* Search */

function openFind() {
	findBar.hidden = false;
	tool("find").setAttribute("aria-expanded", "true");
	findInput.focus();
	findInput.select();
}

function closeFind() {
	if (findBar.hidden)
		return;
	findBar.hidden = true;
	tool("find").setAttribute("aria-expanded", "false");
	findInput.value = "";
	find.search("");
	box.focus({preventScroll: true});
}

function found(n, m, searching) {
	const data = frame.dataset, match = find.matches[n - 1];
	const fill = (text, a, b) => text.replace("%n", a).replace("%m", b);

	findBar.querySelector("output").value = searching && !m ? fill(data.finding, searching, data.pages)
	    : m ? fill(data.found, n, m) : findInput.value.trim() ? data.nothing : "";
	say(match ? words.page(match.n) : "");
}

const actions = {
	"close": collapse,
	"previous": () => turn(pages.current - 1),
	"next": () => turn(pages.current + 1),
	"in": () => zoom(1.25),
	"out": () => zoom(1 / 1.25),
	"fit": () => pages.resize(),
	"find": () => findBar.hidden ? openFind() : closeFind(),
	"find-next": () => find.step(1),
	"find-previous": () => find.step(-1),
	"find-close": closeFind,
	"full": () => expanded() ? collapse() : expand(),
};

function keys(event) {
	const typing = event.target.matches("input");

	if (event.key === "Escape") {
		if (!findBar.hidden)
			closeFind();
		else
			collapse();
	} else if ((event.ctrlKey || event.metaKey) && event.key === "f" && !typing) {
		event.preventDefault();
		openFind();
	} else if (typing || event.ctrlKey || event.metaKey || event.altKey) {
		return;
	} else if (event.key === "+") {
		zoom(1.25);
	} else if (event.key === "-") {
		zoom(1 / 1.25);
	} else if (event.key === "0") {
		pages.resize();
	} else if (event.key === "n" || event.key === "p") {
		turn(pages.current + (event.key === "n" ? 1 : -1));
	}
}

function watch() {
	frame.addEventListener("click", event => {
		const button = event.target.closest("[data-do]");

		if (button)
			actions[button.dataset.do]();
		else if (!interactive() && event.target.closest(".pages"))
			expand();
	});
	number.addEventListener("keydown", event => {
		if (event.key !== "Enter")
			return;
		if (/^\d+$/.test(number.value.trim()))
			turn(Number(number.value));
		number.value = pages.current;
		box.focus({preventScroll: true});
	});
	number.addEventListener("blur", () => {
		number.value = pages.current;
	});
	number.addEventListener("focus", () => number.select());
	let typing;

	findInput.addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => find.search(findInput.value), 250);
	});
	findInput.addEventListener("keydown", event => {
		if (event.key !== "Enter")
			return;
		clearTimeout(typing);
		find.search(findInput.value, event.shiftKey ? -1 : 1);
	});
	frame.addEventListener("keydown", keys);
	addEventListener("popstate", collapsed);
	document.addEventListener("fullscreenchange", () => {
		if (!document.fullscreenElement && wide.matches)
			collapse();
	});
	/* The way to the answer leads out of the reader first. */
	document.querySelector(".ready a")?.addEventListener("click", event => {
		if (!expanded())
			return;
		event.preventDefault();
		addEventListener("popstate", () => setTimeout(() => {
			location.hash = event.target.closest("a").hash; /* a step of its own: the way back stays on the page */
		}), {once: true});
		collapse();
	});
	wide.addEventListener("change", settle);
	box.addEventListener("pointerdown", event => {
		event.target.closest?.(".text")?.classList.add("selecting");
	});
	addEventListener("pointerup", () => {
		box.querySelectorAll(".selecting").forEach(text => text.classList.remove("selecting"));
	});
	watchFingers(box, pages, interactive);
}

async function show() {
	const {file: url, size, sha256, pdfjs: base} = frame.dataset;
	const file = new File(url, Number(size), sha256, progress);
	const pdfjs = await import(`${base}pdf.min.mjs`);

	measured = true;
	progress(file.loaded);
	pdfjs.GlobalWorkerOptions.workerSrc = `${base}pdf.worker.min.mjs`;
	const pdf = await pdfjs.getDocument({
		...await file.source(pdfjs, fail), cMapUrl: `${base}cmaps/`, standardFontDataUrl: `${base}standard_fonts/`,
		wasmUrl: `${base}wasm/`, useWasm: false, useSystemFonts: false, enableXfa: false, stopAtErrors: false,
		disableWorkerRendering: true, verbosity: pdfjs.VerbosityLevel.ERRORS,
	}).promise;

	pages = new Pages(pdfjs, pdf, box, words, changed, fail);
	find = new Find(pages, found);
	await pages.show();
	changed();
	settle();
	frame.classList.add("shown");
	waiting(false);
	box.removeAttribute("aria-busy");
	watch();
	if (awaited)
		follow(awaited);
	await pages.writeAll();
}

box.setAttribute("role", "region");
box.setAttribute("aria-label", frame.dataset.label);
frame.classList.add("alive");
show().catch(fail);
