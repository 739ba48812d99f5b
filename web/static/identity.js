/* Asking for a code leaves what is typed and drawn alone: only the parts of the page that tell of the code are exchanged.
 * Whatever else comes back is shown as a page, as without this. */
(function () {
	"use strict";

	function exchange(page) {
		var fresh = new DOMParser().parseFromString(page, "text/html");
		var parts = ["identity", "proof", "fields"].map(function (id) {
			return [document.getElementById(id), fresh.getElementById(id)];
		});
		var fields = document.getElementById("fields");
		var decline = document.querySelector("form[action$='/decline']");

		if (!parts.every(function (part) { return part[0] && part[1]; }))
			return false;
		parts.slice(0, 2).forEach(function (part) {
			part[0].replaceWith(part[1]);
		});
		fields.disabled = parts[2][1].disabled;
		document.querySelectorAll("form[action$='/decline'] input[name=email], .accept > .problem").forEach(function (old) {
			old.remove();
		});
		fresh.querySelectorAll("form[action$='/decline'] input[name=email]").forEach(function (hidden) {
			decline.append(hidden);
		});
		document.querySelector(fields.disabled ? "#identity input:not([type=hidden]), #identity button"
			: "#proof input:not([type=hidden])").focus();
		return true;
	}

	/* Before portal.js, which keeps a form from being sent twice, has seen it. */
	addEventListener("submit", function (event) {
		var form = event.target;

		if (!form.closest("#identity") || form.dataset.sent)
			return;
		event.preventDefault();
		fetch(form.action, {
			method: "POST",
			body: new URLSearchParams(new FormData(form)),
			credentials: "same-origin",
		}).then(function (answer) {
			return answer.text();
		}).then(function (page) {
			if (!exchange(page))
				form.submit();
		}).catch(function () {
			form.submit();
		});
	}, true);
})();
