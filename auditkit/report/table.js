"use strict";
// Gives each complete table of this page a search, filters, a sort and pages. Short tables are there as rows; a long one
// is the text of a <noscript>, of which the rows of a page are made when it is shown. That text is the page's own markup,
// escaped where it was written. Nothing is loaded, and without this script every row stands where it stood.
(() => {
  // Until its first page is ready, a table takes no place: laying all of it out first would take seconds.
  document.documentElement.classList.add("ak-wait");
  const PAGE = 50, FEW = 10, STRETCH = 50, SHORT = 12, MOST = 200;
  const RANK = {"ak-critical": 0, "ak-high": 1, "ak-medium": 2, "ak-low": 3, "ak-info": 4, "ak-silent": 5};
  const MARKS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&ndash;": "\u2013"};
  const WORDS = /(?<![\w&#-])(?:--[a-z][a-z-]*|\w+(?:-[\w:]+)+)(?![\w-])/g,
    ONE = /^(?:--[a-z][a-z-]*|\w+(?:-[\w:]+)+)$/;
  const make = (tag, text, props) => Object.assign(document.createElement(tag), {textContent: text || ""}, props || {});
  const once = work => { let kept; return () => kept === undefined ? (kept = work()) : kept; };

  // Both readers say: how many rows, a row's element, all cells' texts, all of a column's classes, where an id is, and
  // how to put every row back.
  function ready(table) {
    const body = table.tBodies[0], rows = Array.from(body.rows);
    return {
      table, count: rows.length, node: i => rows[i],
      texts: once(() => rows.map(row => Array.from(row.cells, cell => cell.textContent))),
      kinds: column => rows.map(row => row.cells[column].className),
      place: id => rows.findIndex(row => row.id === id),
      whole: () => body.replaceChildren(...rows),
    };
  }

  function late(holder) {
    const text = holder.textContent, start = text.indexOf("<tbody>") + 7, end = text.lastIndexOf("</tbody>");
    const lines = text.slice(start, end).split("<tr\n").slice(1), nodes = new Map(), stretches = [];
    holder.insertAdjacentHTML("afterend", text.slice(0, start) + "</tbody></table>");
    const table = holder.nextElementSibling, width = table.tHead.rows[0].cells.length;
    holder.remove();
    // The cells of one stretch of rows, those that span written out.
    function stretch(number) {
      if (stretches[number]) return stretches[number];
      const above = [];
      return stretches[number] = lines.slice(number * STRETCH, (number + 1) * STRETCH).map(line => {
        const given = line.split("<td").slice(1);
        let next = 0;
        return Array.from({length: width}, (_, column) => {
          if (above[column] && above[column].left) { above[column].left -= 1; return above[column].cell; }
          const span = /^ rowspan=(\d+)/.exec(given[next]);
          const cell = "<td" + (span ? given[next].slice(span[0].length) : given[next]);
          above[column] = {cell, left: span ? Number(span[1]) - 1 : 0};
          next += 1;
          return cell;
        });
      });
    }
    const cells = i => stretch(Math.floor(i / STRETCH))[i % STRETCH];
    const head = i => "<tr " + lines[i].slice(0, lines[i].indexOf(">") + 1);
    function plain(cell) {
      const words = cell.slice(cell.indexOf(">") + 1).replace(/<[^>]*>/g, "");
      return words.includes("&") ? words.replace(/&[#\w]+;/g, mark => MARKS[mark] || mark) : words;
    }
    // As the writer of this page does where a table is no text: no line breaks within a date or a short id.
    const kept = word => word.length > 24 ? word : `<span class="ak-k">${word}</span>`;
    const stepped = word => word.replace(/([\w.+@:/-]{8,}?[_.+@:/])(?=\w{4})/g, "$1<wbr>");
    const keep = text => (ONE.test(text) ? text : text.replace(WORDS, kept)).replace(/\|(?=[^\s|])/g, "|<wbr>")
      .replace(/(?<=<wbr>)[^ \t\n<>|]{17,}|[^ \t\n<>|]{25,}/g, stepped);
    const row = i => head(i) + cells(i).map(cell => cell.replace(/>[^<>]+/g, part => ">" + keep(part.slice(1)))).join("");
    function node(i) {
      if (!nodes.has(i)) {
        const body = document.createElement("tbody");
        body.innerHTML = row(i);
        nodes.set(i, body.firstElementChild);
      }
      return nodes.get(i);
    }
    return {
      table, count: lines.length, node,
      texts: once(() => lines.map((_, i) => cells(i).map(plain))),
      kinds: column => lines.map((_, i) => (/^<td class=([\w-]+)/.exec(cells(i)[column]) || [])[1]),
      place: id => id.length < SHORT ? -1 : lines.findIndex((_, i) => {
        const found = /^id=(\w+)/.exec(lines[i]);
        return found !== null && id.startsWith(found[1]);
      }),
      whole: () => { table.tBodies[0].innerHTML = lines.map((_, i) => row(i)).join(""); },
      later: true,
    };
  }

  function compare(data, column) {
    const texts = data.texts();
    const keys = data.kinds(column).map((kind, i) => {
      if (kind in RANK) return RANK[kind];
      if (kind === "ak-number") return Number(texts[i][column].replace(/,/g, "")) || 0;
      return texts[i][column].toLowerCase();
    });
    return (a, b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b;
  }

  function enhance(data, number) {
    const {table} = data, heads = Array.from(table.tHead.rows[0].cells), body = table.tBodies[0];
    if (data.count <= FEW) return null;
    const listed = Array.from({length: data.count}, (_, i) => i);
    const low = once(() => data.texts().map(cells => cells.join("\n").toLowerCase()));
    const state = {page: 0, sort: -1, down: false, order: listed};
    const bar = make("div", "", {className: "ak-tools"});
    const search = make("input", "", {type: "search", id: "ak-search-" + number, autocomplete: "off"});
    bar.append(make("label", "Search", {htmlFor: search.id}), search);
    const back = make("button", "Previous", {type: "button"}), next = make("button", "Next", {type: "button"});
    const count = make("span", "", {className: "ak-count"});
    count.setAttribute("role", "status");
    bar.append(back, next, count);
    (table.closest(".ak-scroll") || table).before(bar);
    const selects = [];
    function offer() {
      heads.forEach((head, column) => {
        if (!("filter" in head.dataset)) return;
        const values = Array.from(new Set(data.texts().map(cells => cells[column]))).sort();
        if (values.length > MOST) return;
        const select = make("select", "", {id: "ak-filter-" + number + "-" + column});
        select.append(make("option", "all", {value: ""}), ...values.map(value => make("option", value, {value: "=" + value})));
        select.addEventListener("change", first);
        back.before(make("label", head.textContent, {htmlFor: select.id}), select);
        selects.push({select, column});
      });
      low();
    }
    const linked = data.node(0).id !== "";
    if (linked) table.tHead.rows[0].append(make("th", "Link", {scope: "col", className: "ak-link"}));
    // Made for the rows of a page only when it is shown: fifty thousand links would be half of the file.
    function link(row) {
      if (!row.id || row.lastElementChild.className === "ak-link") return;
      const cell = make("td", "", {className: "ak-link"});
      cell.append(make("a", row.id.slice(0, 8), {href: "#" + row.id}));
      row.append(cell);
    }
    function kept() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = selects.filter(({select}) => select.value);
      if (!words.length && !wanted.length) return state.order;
      const all = low(), texts = data.texts();
      return state.order.filter(i => words.every(word => all[i].includes(word))
        && wanted.every(({select, column}) => "=" + texts[i][column] === select.value));
    }
    function draw() {
      const rows = kept(), start = state.page * PAGE, end = Math.min(start + PAGE, rows.length);
      const here = rows.slice(start, end).map(data.node);
      here.forEach(link);
      body.replaceChildren(...here);
      back.disabled = start === 0;
      next.disabled = end >= rows.length;
      const shown = rows.length ? `${(start + 1).toLocaleString("en")} to ${end.toLocaleString("en")}` : "0";
      count.textContent = `${shown} of ${rows.length.toLocaleString("en")} rows`
        + (rows.length < data.count ? `, out of ${data.count.toLocaleString("en")}` : "");
    }
    function first() { state.page = 0; draw(); }
    function sortBy(column) {
      state.down = state.sort === column && !state.down;
      state.sort = column;
      state.order = listed.slice().sort(compare(data, column));
      if (state.down) state.order.reverse();
      heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : state.down ? "descending" : "ascending"));
      first();
    }
    // Shows the page on which a row is, whatever was searched or filtered for; null if it is not of this table.
    function find(id) {
      const place = linked ? data.place(id) : -1;
      if (place < 0) return null;
      search.value = "";
      selects.forEach(({select}) => { select.value = ""; });
      state.page = Math.floor(state.order.indexOf(place) / PAGE);
      draw();
      return data.node(place);
    }
    if (data.later) setTimeout(offer, 0); else offer();
    heads.forEach((head, column) => {
      const button = make("button", head.textContent, {type: "button", className: "ak-sort"});
      button.addEventListener("click", () => sortBy(column));
      head.replaceChildren(button);
    });
    search.addEventListener("input", first);
    back.addEventListener("click", () => { state.page -= 1; draw(); });
    next.addEventListener("click", () => { state.page += 1; draw(); });
    draw();
    return {draw, find, whole: data.whole};
  }

  let tables = [];
  function follow() {
    const id = location.hash.slice(1);
    const row = tables.reduce((found, table) => found || table.find(id), null) || document.querySelector("tr:target");
    document.querySelectorAll(".ak-found").forEach(old => old.classList.remove("ak-found"));
    if (!row) return;
    row.classList.add("ak-found");
    row.tabIndex = -1;
    row.focus({preventScroll: true});
    row.scrollIntoView({block: "center"});
  }
  function start() {
    const all = Array.from(document.querySelectorAll("table.ak-table, noscript.ak-late"));
    tables = all.map(one => one.tagName === "TABLE" ? ready(one) : late(one)).map(enhance).filter(Boolean);
    document.documentElement.classList.remove("ak-wait");
    follow();
  }
  window.addEventListener("hashchange", follow);
  document.addEventListener("DOMContentLoaded", start);
  // On paper there is no next page: every row is put back before printing.
  const print = window.matchMedia("print");
  const paper = on => tables.forEach(table => on ? table.whole() : table.draw());
  print.addEventListener("change", () => paper(print.matches));
  window.addEventListener("beforeprint", () => paper(true));
  window.addEventListener("afterprint", () => paper(false));
})();
