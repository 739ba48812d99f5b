// The little of Markdown that docs/openapi.yaml uses, as HTML: paragraphs, lists, tables, `code`, **strong**.
'use strict';

const escape = text => String(text).replace(/[&<>"]/g, sign => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[sign]);

const inline = text => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>').replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');

const cells = line => line.replace(/^\||\|$/g, '').split('|').map(cell => inline(cell.trim()));

function table([head, , ...rows]) {
	const row = (line, tag) => `<tr>${cells(line).map(cell => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;

	const body = rows.map(line => row(line, 'td')).join('\n');

	return `<div class="table" role="group" tabindex="0"><table><thead>${row(head, 'th')}</thead><tbody>${body}</tbody></table></div>`;
}

// A list's items may go on in lines that begin with two blanks.
function list(lines) {
	const items = lines.join('\n').split(/^- /m).slice(1).map(item => `<li>${inline(item.replace(/\s+/g, ' ').trim())}</li>`);

	return `<ul class="points">${items.join('\n')}</ul>`;
}

function block(text) {
	const lines = text.split('\n');

	if (lines.every(line => line.startsWith('|')))
		return table(lines);
	if (lines[0].startsWith('- '))
		return list(lines);
	return `<p>${inline(text.replace(/\s+/g, ' '))}</p>`;
}

const markdown = (text = '') => text.trim().split(/\n{2,}/).filter(Boolean).map(block).join('\n');

module.exports = {escape, inline, markdown};
