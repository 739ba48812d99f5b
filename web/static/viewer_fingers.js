/* Zooming where the fingers are: two that move apart, a touchpad's pinch, or two taps of one. */

const swift = 300; /* milliseconds that a tap takes at most; twice that from one tap to the next */
const close = 32; /* pixels between the two */

/* BOX is what PAGES are in; nothing happens while INTERACTIVE() is false. */
export function watchFingers(box, pages, interactive) {
	watchPinch(box, pages, interactive);
	watchWheel(box, pages, interactive);
	watchTaps(box, pages, interactive);
}

/* To SCALE, so that the spot at X, Y of the window stays where it is. */
function zoom(box, pages, scale, x, y) {
	const frame = box.getBoundingClientRect();

	pages.zoomTo(scale, false, x - frame.left, y - frame.top);
}

function watchPinch(box, pages, interactive) {
	const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
	let held = null;

	box.addEventListener("touchstart", event => {
		held = event.touches.length === 2 && interactive() ? {apart: distance(event.touches), scale: pages.scale} : null;
	}, {passive: true});
	box.addEventListener("touchmove", event => {
		if (!held || event.touches.length !== 2)
			return;
		const [a, b] = event.touches;

		event.preventDefault();
		zoom(box, pages, held.scale * distance(event.touches) / held.apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
	}, {passive: false});
}

/* A touchpad's pinch comes as a wheel with Ctrl held. */
function watchWheel(box, pages, interactive) {
	box.addEventListener("wheel", event => {
		if (!event.ctrlKey || !interactive())
			return;
		event.preventDefault();
		zoom(box, pages, pages.scale * Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
	}, {passive: false});
}

/* Two taps: nearer, and back to the width. */
function watchTaps(box, pages, interactive) {
	const near = (spot, {x, y, at}, since) => spot && at - spot.at < since && Math.hypot(x - spot.x, y - spot.y) < close;
	const spotOf = ({clientX: x, clientY: y}, at) => ({x, y, at});
	let began = null, last = null;

	box.addEventListener("touchstart", event => {
		began = event.touches.length === 1 && interactive() ? spotOf(event.touches[0], event.timeStamp) : null;
	}, {passive: true});
	box.addEventListener("touchend", event => {
		const spot = spotOf(event.changedTouches[0], event.timeStamp);
		const tap = near(began, spot, swift) && !event.target.closest("a");
		const second = tap && near(last, spot, 2 * swift);

		last = tap && !second ? spot : null;
		if (!second)
			return;
		event.preventDefault();
		if (pages.scale < 1.05 * pages.fit())
			zoom(box, pages, 2 * pages.scale, spot.x, spot.y);
		else
			pages.resize();
	}, {passive: false});
}
