/* What pages do beyond HTML: tell the server that a person has opened the document, and send a form once. */
(function () {
	"use strict";

	var page = document.querySelector("main[data-path]");
	var answers = document.querySelectorAll("[data-fresh]");
	var told = -1; /* the last message that the server knows was seen; -1: not even that the page is used */
	var tries = 0;
	var telling = false;

	/* The last message, once the newest of the sender's answers is on screen, else 0. */
	function seen() {
		var answer = answers[answers.length - 1];
		var spot = answer && answer.getBoundingClientRect();

		return answer && !answer.closest("[inert]") && spot.bottom > 0 && spot.top < innerHeight - 80 ? Number(page.dataset.seen) : 0;
	}

	/* A link fetched by a mail scanner is not a reader: only a page that is visible and used has been opened. An answer
	 * further down is told of when it has come into view. */
	function tell() {
		var last;

		if (telling || tries >= 5 || (told >= 0 && !answers.length) || document.visibilityState !== "visible" || (last = seen()) <= told)
			return;
		telling = true;
		tries++;
		fetch(page.dataset.path + "/opened", {
			method: "POST",
			body: new URLSearchParams({ version: page.dataset.version, seen: last }),
			credentials: "same-origin",
			keepalive: true,
		}).then(function (answer) {
			telling = false;
			if (answer.status >= 500)
				return;
			told = last;
			tell();
		}, function () {
			telling = false;
		});
	}

	function watch() {
		["pointerdown", "keydown", "click", "scroll", "wheel", "touchmove"].forEach(function (use) {
			addEventListener(use, tell, { passive: true, capture: true });
		});
	}

	/* Not at once: a browser that goes to a place in the page, or back to where one was, scrolls as well. */
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
