/* What pages do beyond HTML: tell the server that a person has opened the document, and send a form once. */
(function () {
	"use strict";

	var page = document.querySelector("main[data-path]");
	var told = false;
	var tries = 0;

	/* A link fetched by a mail scanner is not a reader: only a page that is visible and used has been opened. */
	function tell() {
		if (told || tries >= 3 || document.visibilityState !== "visible")
			return;
		told = true;
		tries++;
		fetch(page.dataset.path + "/opened", {
			method: "POST",
			body: new URLSearchParams({ version: page.dataset.version, seen: page.dataset.seen || 0 }),
			credentials: "same-origin",
			keepalive: true,
		}).then(function (answer) {
			told = answer.status < 500;
		}, function () {
			told = false;
		});
	}

	function watch() {
		var seconds = 0;

		["pointerdown", "keydown", "click", "scroll", "wheel", "touchmove"].forEach(function (use) {
			addEventListener(use, tell, { passive: true, capture: true });
		});
		setInterval(function () {
			if (document.visibilityState === "visible" && document.hasFocus() && ++seconds === 5)
				tell();
		}, 1000);
	}

	if (page)
		setTimeout(watch, 800);

	/* That something was sent is told once, and not again when the page is reloaded or its address kept. */
	if (/[?&]sent=/.test(location.search))
		history.replaceState(history.state, "", location.pathname +
			location.search.replace(/([?&])sent=[^&]*&?/, "$1").replace(/[?&]$/, "") + location.hash);

	/* A refused form stands at the address that it was sent to. Reloading it, or coming back to it, would send it anew, or
	 * find the browser's own page of errors; the page's own address finds the page. */
	var address = document.body.dataset.address;

	if (address && location.pathname !== address)
		history.replaceState(null, "", address + location.hash);

	/* The viewer of PDFs comes after the page itself, and reports its own trouble. */
	var viewer = document.getElementById("viewer");

	if (viewer)
		requestAnimationFrame(function () {
			setTimeout(function () {
				import(viewer.dataset.script).catch(function () {
					viewer.hidden = true;
				});
			}, 0);
		});

	/* A bar that leads somewhere goes while that is in view. */
	document.querySelectorAll("[data-away]").forEach(function (bar) {
		if (window.IntersectionObserver)
			new IntersectionObserver(function (entries) {
				bar.classList.toggle("away", entries[0].isIntersecting);
			}, { rootMargin: "0px 0px -120px" }).observe(document.querySelector(bar.dataset.away));
	});

	/* A second press while the first is on its way does nothing. */
	addEventListener("submit", function (event) {
		var form = event.target;
		var button = form.querySelector("button[type=submit]");

		if (form.dataset.sent) {
			event.preventDefault();
			return;
		}
		form.dataset.sent = "yes";
		if (button && form.dataset.busy) {
			button.dataset.label = button.textContent;
			button.textContent = form.dataset.busy;
			button.setAttribute("aria-disabled", "true");
		}
	});

	/* Coming back by the browser's back button finds the page as it is now: where the browser kept it, what was sent from
	 * it may have changed it. Forms are usable again. */
	addEventListener("pageshow", function (event) {
		if (event.persisted && document.querySelector("form[method=post][data-sent]")) {
			location.reload();
			return;
		}
		document.querySelectorAll("form[data-sent]").forEach(function (form) {
			var button = form.querySelector("button[type=submit]");

			delete form.dataset.sent;
			if (button && button.dataset.label) {
				button.textContent = button.dataset.label;
				button.removeAttribute("aria-disabled");
			}
		});
	});
})();
