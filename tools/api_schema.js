// Schemas of docs/openapi.yaml in words: types with their limits, members as a list. For tools/api_docs.js.
'use strict';

const {escape, markdown} = require('./markdown.js');

const code = text => `<code>${escape(text)}</code>`;

// One row of a list of members or parameters; TYPE is HTML, SAMPLE an example or undefined.
function member(name, type, required, words, sample) {
	const flag = required ? ' <span class="flag">needed</span>' : '';
	const such = sample === undefined ? '' : `<p class="sample">such as ${code(sample)}</p>`;

	return `<dt>${code(name)} <span class="type">${type}</span>${flag}</dt>\n<dd>${markdown(words)}${such}</dd>`;
}

class Schemas {
	constructor(description) {
		this.description = description;
	}

	// What a $ref leads to.
	resolved(value) {
		if (!value?.$ref)
			return value;
		const names = value.$ref.slice(2).split('/').map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'));

		return this.resolved(names.reduce((at, name) => at[name], this.description));
	}

	nameOf(schema) {
		return schema?.$ref?.match(/^#\/components\/schemas\/(\w+)$/)?.[1];
	}

	// [[name, schema, required]] of an object, from all its parts.
	membersOf(schema) {
		const own = Object.entries(schema.properties ?? {}).map(([name, value]) => [name, value, schema.required?.includes(name)]);

		return [...own, ...(schema.allOf ?? []).flatMap(part => this.membersOf(this.resolved(part)))];
	}

	// Objects, and values that take some words, have a place of their own to lead to; others are told where they stand.
	hasPlace(schema) {
		const {enum: words, pattern} = this.resolved(schema);

		return this.nameOf(schema) && (this.membersOf(this.resolved(schema)).length > 0 || words?.length > 20 || pattern?.length > 40);
	}

	link(schema) {
		return `<a href="#schema-${this.nameOf(schema)}">${this.nameOf(schema)}</a>`;
	}

	// The members of an object as HTML, empty for what is none.
	members(schema) {
		const rows = this.membersOf(this.resolved(schema)).map(([name, value, required]) => {
			const words = value.description ?? (this.hasPlace(value) ? undefined : this.resolved(value).description);
			const inner = this.inside(value);

			return member(name, this.type(value), required, words).replace(/<\/dd>$/, inner ? `\n${inner}</dd>` : '</dd>');
		});

		return rows.length ? `<dl class="members">\n${rows.join('\n')}\n</dl>` : '';
	}

	// Members of objects without a name of their own, also in lists and beside null.
	inside(schema) {
		const below = schema.items ?? schema.oneOf?.[0];

		if (schema.$ref)
			return '';
		return schema.properties ? this.members(schema) : below ? this.inside(below) : '';
	}

	// The type with its limits, as HTML.
	type(schema) {
		if (this.hasPlace(schema))
			return this.link(schema);
		if (schema.$ref)
			return this.type(this.resolved(schema));
		const parts = schema.oneOf ?? schema.anyOf ?? (schema.properties ? undefined : schema.allOf);

		if (parts)
			return parts.map(part => this.type(part)).join(' or ');
		const texts = [schema.type ?? []].flat().map(type => this.oneType(type, schema));
		const text = schema.const === undefined ? texts.join(' or ') : code(schema.const);

		return schema.default === undefined ? text : `${text}; default ${code(JSON.stringify(schema.default).replaceAll('"', ''))}`;
	}

	oneType(type, schema) {
		if (type === 'null')
			return 'null';
		if (schema.enum)
			return schema.enum.filter(word => word !== null).map(code).join(', ');
		switch (type) {
		case 'string':
			return textType(schema);
		case 'integer':
			return numberType(schema);
		case 'boolean':
			return '<code>true</code>, <code>false</code>';
		case 'array':
			return `list of ${this.type(schema.items)}${listLimits(schema)}`;
		default:
			return 'object';
		}
	}
}

function numberType({minimum, maximum}) {
	if (maximum !== undefined)
		return `${minimum} to ${maximum}`;
	return minimum === undefined ? 'whole number' : `whole number from ${minimum}`;
}

function listLimits({minItems, maxItems, uniqueItems}) {
	const count = !maxItems ? '' : minItems ? `, ${minItems} to ${maxItems}` : `, at most ${maxItems}`;

	return count + (uniqueItems ? ', none twice' : '');
}

function textType({minLength, maxLength, format, pattern}) {
	const names = {uuid: 'UUID', 'date-time': 'time', email: 'e-mail address', uri: 'URL', 'uri-reference': 'path', binary: 'file'};
	const length = !maxLength ? '' : `, ${minLength ? `${minLength} to ${maxLength}` : `at most ${maxLength}`} characters`;
	const form = pattern && pattern.length < 40 ? ` matching ${code(pattern)}` : '';

	return `${names[format] ?? 'text'}${length}${form}`;
}

module.exports = {Schemas, code, member};
