/* Searching the text of a PDF, pages not yet shown included. */

const simple = text => text.normalize("NFKC").toLowerCase();

export class Find {
	/* TELL(n, m, page) is told how far it is: match N of M, or that page PAGE is being searched. */
	constructor(pages, tell) {
		this.pages = pages;
		this.tell = tell;
		this.texts = [];
		this.matches = [];
		this.at = -1;
		this.query = "";
		pages.onText = page => this.mark(page);
	}

	/* A page's text as one string, and where in it each piece begins. */
	async text(n) {
		if (this.texts[n])
			return this.texts[n];
		const page = await this.pages.pdf.getPage(n);
		const {items} = await page.getTextContent({includeMarkedContent: true});
		const text = {whole: "", begins: []};

		for (const item of items) {
			if (item.str === undefined)
				continue;
			text.begins.push(text.whole.length);
			/* Lengths must stay those of the page: whatever lower case makes longer is left as it is. */
			text.whole += [...item.str].map(c => simple(c).length === c.length ? simple(c) : c).join("");
			if (item.hasEOL && !text.whole.endsWith(" "))
				text.whole += " ";
		}
		return this.texts[n] = text;
	}

	/* The same query again goes on to the next match; BY -1: back to the one before. */
	async search(query, by = 1) {
		const wanted = simple(query.trim()).replace(/\s+/g, " ");

		if (wanted === this.query)
			return this.step(by);
		const turn = this.turn = {};

		this.query = wanted;
		this.matches = [];
		this.at = -1;
		this.markAll();
		if (!wanted)
			return this.tell(0, 0, 0);
		/* From the page that is read on; what was found first is shown at once. */
		const count = this.pages.list.length, from = this.pages.current;

		for (let i = 0; i < count; i++) {
			const n = (from - 1 + i) % count + 1;

			if (i % 10 === 9)
				this.tell(this.at + 1, this.matches.length, i + 1);
			const text = await this.text(n);

			if (turn !== this.turn)
				return;
			this.take(n, text, wanted);
		}
		this.tell(this.at + 1, this.matches.length, 0);
		this.markAll();
	}

	take(n, {whole}, wanted) {
		const shown = this.matches[this.at];

		for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + wanted.length))
			this.matches.push({n, begin: at, end: at + wanted.length});
		if (!this.matches.length)
			return;
		this.matches.sort((a, b) => a.n - b.n || a.begin - b.begin);
		if (shown)
			this.at = this.matches.indexOf(shown);
		else
			this.show(this.matches.findIndex(match => match.n === n));
	}

	step(by) {
		if (this.matches.length)
			this.show((this.at + by + this.matches.length) % this.matches.length);
		this.tell(this.at + 1, this.matches.length, 0);
	}

	show(at) {
		const match = this.matches[this.at = at];
		const page = this.pages.list[match.n - 1];

		if (!this.bring(page, match))
			this.pages.go(match.n);
		this.markAll();
	}

	/* Scrolls the match itself into view, where its page has text already. */
	bring(page, match) {
		const range = page.text && this.ranges(page, match)[0];

		if (!range)
			return false;
		const {box} = this.pages, spot = range.getBoundingClientRect(), frame = box.getBoundingClientRect();

		if (spot.top < frame.top + 20 || spot.bottom > frame.bottom - 20)
			box.scrollTop += spot.top - frame.top - frame.height / 3;
		if (spot.left < frame.left || spot.right > frame.right)
			box.scrollLeft += spot.left - frame.left - frame.width / 3;
		return true;
	}

	/* The match as ranges of the page's text, one for each piece that it touches. */
	ranges(page, {n, begin, end}) {
		const {begins} = this.texts[n];
		const ranges = [];

		for (let i = 0; i < begins.length && begins[i] < end; i++) {
			const node = page.text.pieces[i]?.firstChild;
			const from = Math.max(begin - begins[i], 0), to = Math.min(end - begins[i], node?.length ?? 0);

			if (!node || from >= to)
				continue;
			const range = document.createRange();

			range.setStart(node, from);
			range.setEnd(node, to);
			ranges.push(range);
		}
		return ranges;
	}

	/* A page's text has come: it may hold the match that is looked at. */
	mark(page) {
		if (!this.matches.length)
			return;
		if (this.matches[this.at]?.n === page.n)
			this.bring(page, this.matches[this.at]);
		this.markAll();
	}

	/* Colours all matches in pages that have text. */
	markAll() {
		const groups = {hit: [], "hit-now": []};

		this.matches.forEach((match, i) => {
			const page = this.pages.list[match.n - 1];

			if (page.text)
				groups[i === this.at ? "hit-now" : "hit"].push(...this.ranges(page, match));
		});
		for (const [name, ranges] of Object.entries(groups)) {
			if (window.Highlight && CSS.highlights)
				CSS.highlights.set(name, new Highlight(...ranges));
			else
				this.markPieces(name, ranges);
		}
	}

	/* Older browsers colour the whole piece. */
	markPieces(name, ranges) {
		this.pages.box.querySelectorAll(`.${name}`).forEach(piece => piece.classList.remove(name));
		ranges.forEach(range => range.startContainer.parentNode.classList.add(name));
	}
}
