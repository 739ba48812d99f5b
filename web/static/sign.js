/* A drawn signature: strokes of finger, pen or mouse on a canvas, sent as PNG. Who cannot or will not draw types. */
(function () {
	"use strict";

	var box = document.getElementById("sign");

	if (!box || !window.PointerEvent)
		return;

	var form = box.closest("form");
	var canvas = box.querySelector("canvas");
	var pad = box.querySelector(".pad");
	var typed = box.querySelector(".typed");
	var field = box.querySelector("input[name=signature]");
	var name = form.querySelector("input[name=name]");
	var hint = document.getElementById("name-hint");
	var draw = document.getElementById("sign-drawn");
	var type = document.getElementById("sign-typed");
	var store = "signature " + form.getAttribute("action") + " " + form.elements.version.value;
	var strokes = []; /* arrays of [x, y], in widths of the canvas */
	var current = null;

	var SCALE = 2, THICK = 2.4;

	/* Draws all strokes on CONTEXT, WIDTH pixels wide: curves through the middles between points. */
	function paint(context, width, color) {
		context.strokeStyle = context.fillStyle = color;
		context.lineWidth = THICK * width / canvas.clientWidth;
		context.lineCap = context.lineJoin = "round";
		strokes.forEach(function (points) {
			context.beginPath();
			if (points.length === 1) {
				context.arc(points[0][0] * width, points[0][1] * width, context.lineWidth * .7, 0, 7);
				context.fill();
				return;
			}
			context.moveTo(points[0][0] * width, points[0][1] * width);
			for (var i = 1; i < points.length - 1; i++)
				context.quadraticCurveTo(points[i][0] * width, points[i][1] * width,
					(points[i][0] + points[i + 1][0]) / 2 * width, (points[i][1] + points[i + 1][1]) / 2 * width);
			context.lineTo(points[i][0] * width, points[i][1] * width);
			context.stroke();
		});
	}

	function show() {
		if (!canvas.clientWidth)
			return;

		var ratio = window.devicePixelRatio || 1;

		canvas.width = canvas.clientWidth * ratio;
		canvas.height = canvas.clientHeight * ratio;
		paint(canvas.getContext("2d"), canvas.width, "#16232a");
		pad.classList.toggle("inked", strokes.length > 0);
	}

	/* What was drawn survives a page that comes back with something to mend. */
	function keep() {
		try {
			sessionStorage.setItem(store, JSON.stringify({ drawn: draw.checked, strokes: strokes }));
		} catch (error) {
			/* Then it is to be drawn again. */
		}
	}

	function place(event) {
		var frame = canvas.getBoundingClientRect();

		return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.width];
	}

	function choose(drawn) {
		draw.checked = drawn;
		type.checked = !drawn;
		pad.hidden = !drawn;
		typed.hidden = drawn;
		if (hint)
			hint.hidden = drawn;
		show();
	}

	function image() {
		var paper = document.createElement("canvas");

		paper.width = Math.min(canvas.clientWidth * SCALE, 1600);
		paper.height = Math.min(Math.round(paper.width * canvas.clientHeight / canvas.clientWidth), 1000);
		paint(paper.getContext("2d"), paper.width, "#000");
		return paper.toDataURL("image/png");
	}

	canvas.addEventListener("pointerdown", function (event) {
		if (event.button || current || canvas.closest("fieldset:disabled"))
			return;
		event.preventDefault();
		canvas.setPointerCapture(event.pointerId);
		current = [place(event)];
		strokes.push(current);
		show();
	});
	canvas.addEventListener("pointermove", function (event) {
		if (!current)
			return;
		(event.getCoalescedEvents ? event.getCoalescedEvents() : [event]).forEach(function (step) {
			current.push(place(step));
		});
		show();
	});
	["pointerup", "pointercancel"].forEach(function (end) {
		canvas.addEventListener(end, function () {
			current = null;
			keep();
		});
	});
	box.querySelector(".clear").addEventListener("click", function () {
		strokes = [];
		show();
		keep();
	});
	[draw, type].forEach(function (choice) {
		choice.addEventListener("change", function () {
			choose(draw.checked);
			keep();
		});
	});
	function write() {
		typed.textContent = name.value;
	}
	name.addEventListener("input", write);
	write();
	form.addEventListener("submit", function () {
		field.value = draw.checked && strokes.length ? image() : "";
		keep();
	});
	new ResizeObserver(show).observe(canvas); /* also when the fields it stands in appear */

	try {
		var kept = JSON.parse(sessionStorage.getItem(store));

		strokes = kept.strokes;
		draw.checked = kept.drawn;
	} catch (error) {
		draw.checked = true;
	}
	box.hidden = false;
	choose(draw.checked);
})();
