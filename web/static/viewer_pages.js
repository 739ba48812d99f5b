/* The pages of a PDF one below the other. Each has its place from the beginning; its picture, text and links
 * are made when it comes near the window, and the picture is freed when it leaves. */

const pixelsMax = 12e6; /* of one picture: phones refuse larger ones */
const keepTextUpTo = 30; /* pages of a document whose text stays, for screen readers */

export const scaleOfReality = 96 / 72;

export class Pages {
	/* BOX scrolls. WORDS.page labels a page: "Page {n} of {m}". CHANGED is told when the page or the scale is another,
	 * FAILED of an error. */
	constructor(pdfjs, pdf, box, words, changed, failed) {
		Object.assign(this, {pdfjs, pdf, box, words, changed, failed});
		this.current = 1;
		this.scale = 1;
		this.fits = true;
		this.queue = Promise.resolve();
		this.onText = () => {};
		this.near = new Set();
	}

	async show() {
		const first = await this.pdf.getPage(1);
		const {width, height} = first.getViewport({scale: 1});

		this.list = Array.from({length: this.pdf.numPages}, (_, i) => this.place(i + 1, width, height));
		this.box.replaceChildren(...this.list.map(page => page.element));
		this.resize();
		this.watch();
		this.near.add(this.list[0]);
		await this.draw(this.list[0]);
	}

	place(n, width, height) {
		const element = document.createElement("section");
		const page = {n, element, width, height};

		element.className = "leaf";
		element.setAttribute("aria-label", this.words.page(n));
		element.style.setProperty("--w", `${width}px`);
		element.style.setProperty("--h", `${height}px`);
		return page;
	}

	watch() {
		const byElement = new Map(this.list.map(page => [page.element, page]));

		this.observer = new IntersectionObserver(entries => {
			for (const {target, isIntersecting} of entries) {
				const page = byElement.get(target);

				if (isIntersecting)
					this.near.add(page);
				else if (this.near.delete(page))
					this.free(page);
			}
			this.drawSoon();
		}, {root: this.box, rootMargin: "60% 0px"});
		this.list.forEach(page => this.observer.observe(page.element));
		new ResizeObserver(() => this.fits && this.resize()).observe(this.box);
		this.box.addEventListener("scroll", () => this.locate(), {passive: true});
	}

	/* What is current is the page that covers the line a third from the top. */
	locate() {
		const line = this.box.scrollTop + this.box.clientHeight / 3;
		let low = 0, high = this.list.length - 1;

		while (low < high) {
			const middle = (low + high + 1) >> 1;

			if (this.list[middle].element.offsetTop <= line)
				low = middle;
			else
				high = middle - 1;
		}
		if (this.current !== low + 1) {
			this.current = low + 1;
			this.changed();
		}
	}

	go(n, smooth = false) {
		const page = this.list[Math.min(Math.max(n, 1), this.list.length) - 1];
		const still = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;

		this.box.scrollTo({top: page.element.offsetTop - 12, behavior: still ? "instant" : "smooth"});
	}

	/* The width that a page has for itself. */
	room() {
		const style = getComputedStyle(this.box);

		return this.box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
	}

	/* The scale at which the first page is as wide as that. */
	fit() {
		return this.room() / this.list[0].width;
	}

	resize() {
		const fit = this.fit();

		if (fit > 0)
			this.zoomTo(fit, true);
	}

	/* SCALE is in CSS pixels a point. The spot at X, Y of the box stays where it is. */
	zoomTo(scale, fits = false, x = this.box.clientWidth / 2, y = 0) {
		const fit = this.fit();
		const from = this.scale;
		const to = fits ? scale : Math.min(Math.max(scale, Math.min(fit, scaleOfReality) / 2), 6 * scaleOfReality);
		const page = this.list[this.current - 1].element;
		const left = this.box.scrollLeft + x - page.offsetLeft, top = this.box.scrollTop + y - page.offsetTop;

		this.fits = fits;
		if (to === from)
			return;
		this.scale = to;
		this.box.style.setProperty("--total-scale-factor", to);
		/* Never scrolled without need: that would look like a reader. */
		if (this.box.scrollTop || this.box.scrollLeft || !fits) {
			this.box.scrollLeft = page.offsetLeft + left * to / from - x;
			this.box.scrollTop = page.offsetTop + top * to / from - y;
		}
		this.changed();
		clearTimeout(this.settles);
		this.settles = setTimeout(() => this.drawSoon(), 120);
	}

	/* Draws what is near and not drawn at this scale, the current page first, one after the other. */
	drawSoon() {
		this.queue = this.queue.then(async () => {
			for (let page; (page = this.nextToDraw());)
				await this.draw(page);
		}).catch(this.failed);
	}

	nextToDraw() {
		return [...this.near].filter(page => page.drawn !== this.scale)
			.sort((a, b) => Math.abs(a.n - this.current) - Math.abs(b.n - this.current))[0];
	}

	async draw(page) {
		const {scale} = this;
		const source = await this.pdf.getPage(page.n);
		const viewport = source.getViewport({scale});

		page.source = source;
		this.correct(page, viewport);
		if (!this.near.has(page))
			return;
		const canvas = this.canvas(viewport);

		page.task = source.render({
			canvas, viewport, transform: [canvas.width / viewport.width, 0, 0, canvas.height / viewport.height, 0, 0],
			annotationMode: this.pdfjs.AnnotationMode.ENABLE,
		});
		page.drawn = scale;
		try {
			await page.task.promise;
		} catch (error) {
			page.drawn = null;
			if (error.name === "RenderingCancelledException")
				return;
			throw error;
		}
		page.task = null;
		page.canvas?.remove();
		page.canvas = canvas;
		page.element.prepend(canvas);
		await this.write(page, source, viewport);
	}

	canvas({width, height}) {
		const ratio = Math.min(Math.max(devicePixelRatio, 1), Math.sqrt(pixelsMax / (width * height)));
		const canvas = document.createElement("canvas");

		canvas.width = Math.floor(width * ratio);
		canvas.height = Math.floor(height * ratio);
		/* The text says the same. */
		canvas.setAttribute("aria-hidden", "true");
		return canvas;
	}

	/* A page of another size than the first one was given the wrong place. */
	correct(page, viewport) {
		const width = viewport.width / viewport.scale, height = viewport.height / viewport.scale;

		if (page.width === width && page.height === height)
			return;
		Object.assign(page, {width, height});
		page.element.style.setProperty("--w", `${width}px`);
		page.element.style.setProperty("--h", `${height}px`);
	}

	/* The text above the picture: transparent, to be selected, searched and read aloud. */
	async write(page, source, viewport) {
		if (page.text)
			return;
		const element = document.createElement("div");
		const text = new this.pdfjs.TextLayer({
			textContentSource: source.streamTextContent({includeMarkedContent: true}), container: element, viewport,
		});

		element.className = "text";
		page.text = {element, pieces: text.textDivs};
		await text.render();
		/* Selecting goes on through the gaps between lines. */
		const end = document.createElement("div");

		end.className = "end";
		element.append(end);
		page.element.append(element, await this.links(source, viewport));
		this.onText(page);
	}

	/* Links to elsewhere, and to other pages. Nothing else in a PDF acts. */
	async links(source, viewport) {
		const layer = document.createElement("div");

		layer.className = "links";
		for (const {subtype, url, dest, rect, contentsObj} of await source.getAnnotations()) {
			if (subtype !== "Link" || !(/^(https?|mailto|tel):/i.test(url || "") || dest))
				continue;
			const [x, y] = viewport.convertToViewportPoint(rect[0], rect[1]);
			const [right, bottom] = viewport.convertToViewportPoint(rect[2], rect[3]);
			const link = document.createElement("a");

			link.style.left = `${100 * Math.min(x, right) / viewport.width}%`;
			link.style.top = `${100 * Math.min(y, bottom) / viewport.height}%`;
			link.style.width = `${100 * Math.abs(right - x) / viewport.width}%`;
			link.style.height = `${100 * Math.abs(bottom - y) / viewport.height}%`;
			if (url) {
				link.href = url;
				link.target = "_blank";
				link.rel = "noopener noreferrer";
				link.setAttribute("aria-label", contentsObj?.str || url.replace(/^(mailto|tel):/i, ""));
			} else {
				await this.aim(link, dest);
			}
			layer.append(link);
		}
		return layer;
	}

	async aim(link, dest) {
		const target = typeof dest === "string" ? await this.pdf.getDestination(dest) : dest;
		const n = target && 1 + (typeof target[0] === "object" ? await this.pdf.getPageIndex(target[0]) : target[0]);

		link.href = "#viewer";
		link.setAttribute("aria-label", this.words.page(n || 1));
		link.addEventListener("click", event => {
			event.preventDefault();
			if (n)
				this.go(n);
		});
	}

	free(page) {
		page.task?.cancel();
		page.drawn = null;
		if (page.canvas) {
			page.canvas.width = page.canvas.height = 0; /* Safari keeps the memory otherwise */
			page.canvas.remove();
			page.canvas = null;
		}
		if (page.text && this.list.length > keepTextUpTo) {
			page.element.replaceChildren();
			page.text = null;
		}
		page.source?.cleanup();
	}

	/* The text of all pages of a short document, while nothing else is to do. */
	async writeAll() {
		if (this.list.length > keepTextUpTo)
			return;
		for (const page of this.list) {
			await new Promise(resolve => (window.requestIdleCallback || setTimeout)(resolve));
			const source = await this.pdf.getPage(page.n);
			const viewport = source.getViewport({scale: this.scale});

			this.correct(page, viewport);
			await this.write(page, source, viewport);
		}
	}
}
