"use strict";
// Gives each complete table of this page a search, filters, a sort and pages. It only moves rows that are already there:
// no markup is made from text, nothing is loaded, and without it every row stands where it stood.
(() => {
  // Until its first page is ready, a long table takes no place: laying all of it out first would take seconds.
  document.documentElement.classList.add("ak-wait");
  const PAGE = 50, FEW = 10;
  const make = (tag, text, props) => Object.assign(document.createElement(tag), {textContent: text || ""}, props || {});

  function reader(table) {
    const body = table.tBodies[0], all = Array.from(body.rows);
    const texts = all.map(row => Array.from(row.cells, cell => cell.textContent));
    const low = texts.map(cells => cells.join("\n").toLowerCase());
    return {body, all, texts, low};
  }

  function choices(texts, column) {
    return Array.from(new Set(texts.map(cells => cells[column]))).sort();
  }

  function compare(data, column) {
    const keys = data.all.map((row, i) => {
      const cell = row.cells[column];
      if (cell.dataset.sort) return Number(cell.dataset.sort);
      if (cell.classList.contains("ak-number")) return Number(data.texts[i][column].replace(/,/g, "")) || 0;
      return data.texts[i][column].toLowerCase();
    });
    return (a, b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b;
  }

  function enhance(table, number) {
    const data = reader(table), heads = Array.from(table.tHead.rows[0].cells);
    if (data.all.length <= FEW) return null;
    const state = {page: 0, sort: -1, down: false, order: data.all.map((_, i) => i)};
    const bar = make("div", "", {className: "ak-tools"});
    const search = make("input", "", {type: "search", id: "ak-search-" + number, autocomplete: "off"});
    bar.append(make("label", "Search", {htmlFor: search.id}), search);
    const picks = heads.map((head, column) => [head, column]).filter(([head]) => "filter" in head.dataset);
    const selects = picks.map(([head, column]) => {
      const select = make("select", "", {id: "ak-filter-" + number + "-" + column});
      select.append(make("option", "all", {value: ""}));
      const values = choices(data.texts, column);
      if (values.length > 200) return null;
      values.forEach(value => select.append(make("option", value, {value: "=" + value})));
      bar.append(make("label", head.textContent, {htmlFor: select.id}), select);
      return {select, column};
    }).filter(Boolean);
    const back = make("button", "Previous", {type: "button"}), next = make("button", "Next", {type: "button"});
    const count = make("span", "", {className: "ak-count"});
    count.setAttribute("role", "status");
    bar.append(back, next, count);
    (table.closest(".ak-scroll") || table).before(bar);
    const places = new Map(data.all.map((row, i) => [row.id, i]));
    places.delete("");
    if (places.size) table.tHead.rows[0].append(make("th", "Link", {scope: "col", className: "ak-link"}));
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
      return state.order.filter(i => words.every(word => data.low[i].includes(word))
        && wanted.every(({select, column}) => "=" + data.texts[i][column] === select.value));
    }
    function draw() {
      const rows = kept(), start = state.page * PAGE, end = Math.min(start + PAGE, rows.length);
      const here = rows.slice(start, end).map(i => data.all[i]);
      here.forEach(link);
      data.body.replaceChildren(...here);
      back.disabled = start === 0;
      next.disabled = end >= rows.length;
      const shown = rows.length ? `${(start + 1).toLocaleString("en")} to ${end.toLocaleString("en")}` : "0";
      count.textContent = `${shown} of ${rows.length.toLocaleString("en")} rows`
        + (rows.length < data.all.length ? `, out of ${data.all.length.toLocaleString("en")}` : "");
    }
    function first() { state.page = 0; draw(); }
    function sortBy(column) {
      state.down = state.sort === column && !state.down;
      state.sort = column;
      const order = compare(data, column);
      state.order = data.all.map((_, i) => i).sort(order);
      if (state.down) state.order.reverse();
      heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : state.down ? "descending" : "ascending"));
      first();
    }
    heads.forEach((head, column) => {
      const button = make("button", head.textContent, {type: "button", className: "ak-sort"});
      button.addEventListener("click", () => sortBy(column));
      head.replaceChildren(button);
    });
    search.addEventListener("input", first);
    selects.forEach(({select}) => select.addEventListener("change", first));
    back.addEventListener("click", () => { state.page -= 1; draw(); });
    next.addEventListener("click", () => { state.page += 1; draw(); });
    // Shows the page on which a row is, whatever was searched or filtered for; null if it is not of this table.
    function find(id) {
      if (!places.has(id)) return null;
      search.value = "";
      selects.forEach(({select}) => { select.value = ""; });
      state.page = Math.floor(state.order.indexOf(places.get(id)) / PAGE);
      draw();
      return data.all[places.get(id)];
    }
    draw();
    return {draw, find, whole: () => data.body.replaceChildren(...data.all)};
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
    tables = Array.from(document.querySelectorAll("table.ak-table")).map(enhance).filter(Boolean);
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
