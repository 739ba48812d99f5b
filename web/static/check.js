/* The check page: hashes the PDF here, so that it need not be sent, and asks the portal about the hash alone. Where a
 * browser cannot (no SubtleCrypto without HTTPS), the form sends the file as it would without a script. */
(function () {
	"use strict";

	var form = document.querySelector("form.drop");
	var input = form.querySelector("input[type=file]");
	var answer = document.getElementById("answer");
	var turn = 0;

	if (!window.crypto || !crypto.subtle)
		return;

	form.classList.add("scripted");
	form.querySelector(".upload").hidden = true;
	form.querySelector(".local").hidden = false;
	form.querySelector("button").hidden = true;
	input.required = false;

	function say(text, wrong) {
		var line = document.createElement("p");

		line.className = wrong ? "problem" : "working";
		line.textContent = text;
		answer.replaceChildren(line);
		if (wrong)
			answer.focus();
	}

	/* A PDF says so within its first bytes. */
	function isPdf(bytes) {
		return new TextDecoder("latin1").decode(new Uint8Array(bytes, 0, Math.min(1024, bytes.byteLength))).includes("%PDF-");
	}

	function hex(digest) {
		return Array.from(new Uint8Array(digest), function (byte) {
			return byte.toString(16).padStart(2, "0");
		}).join("");
	}

	/* The server writes the answer's words; only the part of the page that holds them is put in place. */
	function show(page) {
		answer.replaceChildren.apply(answer, new DOMParser().parseFromString(page, "text/html").getElementById("answer").childNodes);
		answer.focus();
	}

	/* ASK makes the request; an answer that a later file has overtaken is dropped. */
	function look(ask) {
		var mine = ++turn;

		say(form.dataset.working, false);
		ask().then(function (response) {
			return response.status === 200 || response.status === 422 ? response.text() : Promise.reject(response.status);
		}).then(function (page) {
			if (mine === turn)
				show(page);
		}).catch(function (reason) {
			if (mine === turn)
				say(reason === "pdf" ? form.dataset.noPdf : form.dataset.failed, true);
		});
	}

	function check(file) {
		form.querySelector(".chosen").textContent = file.name;
		look(function () {
			return file.arrayBuffer().then(function (bytes) {
				return isPdf(bytes) ? crypto.subtle.digest("SHA-256", bytes) : Promise.reject("pdf");
			}).then(function (digest) {
				return fetch(form.action, { method: "POST", body: new URLSearchParams({ sha256: hex(digest) }) });
			});
		});
	}

	input.addEventListener("change", function () {
		if (input.files.length)
			check(input.files[0]);
	});

	form.addEventListener("submit", function (event) {
		event.preventDefault();
		event.stopPropagation();
		input.click(); /* Enter on the field, which else only the space bar opens */
	});

	/* A PDF dropped beside the zone would else take the page's place. */
	["dragover", "drop", "dragleave"].forEach(function (name) {
		addEventListener(name, function (event) {
			event.preventDefault();
			form.classList.toggle("over", name === "dragover" && form.contains(event.target));
			if (name === "drop" && event.dataTransfer.files.length)
				check(event.dataTransfer.files[0]);
		});
	});

	function fromAddress() {
		var given = /[#&]sha256=([0-9a-fA-F]{64})/.exec(location.hash);
		var address = new URL(form.action);

		if (!given)
			return;
		address.searchParams.set("sha256", given[1]);
		look(function () {
			return fetch(address);
		});
	}

	addEventListener("hashchange", fromAddress);
	fromAddress();
})();
