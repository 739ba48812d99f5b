/* The bytes of the PDF, fetched as they are needed: the first ones while pdf.js itself is still on its way. */

const whole = 1 << 20; /* a file up to this size comes in one piece */
const chunk = 1 << 17;

/* Why bytes did not come: "unavailable", or "changed" where there is another version by now. */
export class FileTrouble extends Error {
	constructor(trouble) {
		super(trouble);
		this.trouble = trouble;
	}
}

export class File {
	/* PROGRESS is told the bytes that are here whenever there are more. */
	constructor(url, size, sha256, progress) {
		this.url = url;
		this.size = size;
		this.sha256 = sha256;
		this.progress = progress;
		this.loaded = 0;
		this.start = this.read(0, size <= whole ? size : chunk);
		this.start.catch(() => {}); /* told when it is asked for */
	}

	/* What pdf.js's getDocument() takes. FAILED is told of trouble later on. */
	async source(pdfjs, failed) {
		const first = await this.start;

		if (first.length === this.size)
			return {data: first};

		const range = new pdfjs.PDFDataRangeTransport(this.size, first);

		range.requestDataRange = (begin, end) => {
			this.read(begin, end).then(bytes => range.onDataRange(begin, bytes), failed);
		};
		return {range, rangeChunkSize: chunk, disableAutoFetch: true, disableStream: true};
	}

	/* One more try: phones lose their connection for a moment. */
	async read(begin, end) {
		try {
			return await this.readOnce(begin, end);
		} catch (error) {
			if (error.trouble === "changed")
				throw error;
			await new Promise(resolve => setTimeout(resolve, 1500));
			return this.readOnce(begin, end);
		}
	}

	async readOnce(begin, end) {
		const part = end - begin < this.size;
		const answer = await fetch(this.url, {
			credentials: "same-origin",
			headers: part ? {Range: `bytes=${begin}-${end - 1}`} : {},
		}).catch(() => {
			throw new FileTrouble("unavailable");
		});

		if (answer.redirected || answer.status === 404)
			throw new FileTrouble("changed");
		if (answer.status !== (part ? 206 : 200))
			throw new FileTrouble("unavailable");
		/* Pieces of two versions must never meet. */
		if (!(answer.headers.get("ETag") || "").includes(this.sha256))
			throw new FileTrouble("changed");
		return this.body(answer, end - begin);
	}

	async body(answer, length) {
		const bytes = new Uint8Array(length);
		const reader = answer.body.getReader();
		let at = 0;

		for (;;) {
			const {done, value} = await reader.read().catch(() => {
				throw new FileTrouble("unavailable");
			});

			if (done)
				break;
			bytes.set(value, at);
			at += value.length;
			this.loaded += value.length;
			this.progress(this.loaded);
		}
		if (at !== length)
			throw new FileTrouble("unavailable");
		return bytes;
	}
}
