// The ladder of the chosen hour: rows are made once and only their changed texts are written, at most once a frame.

const yuan = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const count = new Intl.NumberFormat("en-US");
export const yuanText = (fen) => yuan.format(fen / 100);
export const countText = (n) => count.format(n);

export function write(element, text) {
  if (element.firstChild?.nodeType === Node.TEXT_NODE && element.childNodes.length === 1) {
    if (element.firstChild.data !== text) element.firstChild.data = text;
  } else if (element.textContent !== text) {
    element.textContent = text;
  }
}

export class Ladder {
  /** root: the book's section; pick(side, price_fen, total) is called when a rung is chosen. */
  constructor(root, pick) {
    this.root = root;
    this.pick = pick;
    this.levels = Number(root.dataset.levels);
    this.sides = { ask: this.rowsOf("asks", "ask"), bid: this.rowsOf("bids", "bid") };
    this.middle = root.querySelector(".middle td");
  }

  rowsOf(name, side) {
    const body = root(this.root, `tbody.${name}`);
    const empty = document.createElement("tr");
    empty.className = "no-level";
    empty.innerHTML = '<td colspan="4"></td>';
    empty.firstChild.textContent = body.dataset.empty;
    const rows = Array.from({ length: this.levels }, () => {
      const row = document.createElement("tr");
      row.innerHTML = '<td></td><td class="n ink2"></td><td class="n"></td><td class="n"><button type="button" class="rung"></button></td>';
      const cells = [...row.children];
      const button = cells[3].firstChild;
      row.addEventListener("click", () => row.price && this.pick(side, row.price, row.total));
      return { row, mine: cells[0], total: cells[1], size: cells[2], price: button };
    });
    const ordered = side === "ask" ? rows.map(({ row }) => row).reverse() : rows.map(({ row }) => row);
    body.replaceChildren(empty, ...ordered);
    return { rows, empty };
  }

  /** levels: {bid, ask} as [price_fen, quantity], best first; mine: Map("side price" -> accelerators). */
  render(levels, mine) {
    const shown = { ask: levels.ask.slice(0, this.levels), bid: levels.bid.slice(0, this.levels) };
    const sum = (rows) => rows.reduce((total, level) => total + level[1], 0);
    const longest = Math.max(sum(shown.ask), sum(shown.bid), 1);
    for (const side of ["ask", "bid"]) {
      const { rows, empty } = this.sides[side];
      empty.hidden = shown[side].length > 0;
      let total = 0;
      rows.forEach((cells, place) => {
        const level = shown[side][place];
        cells.row.hidden = !level;
        if (!level) return;
        total += level[1];
        cells.row.price = level[0];
        cells.row.total = total;
        cells.row.style.setProperty("--bar", `${Math.round((100 * total) / longest)}%`);
        const own = mine.get(`${side} ${level[0]}`);
        write(cells.mine, own ? countText(own) : "");
        cells.mine.className = own ? "own-dot" : "";
        write(cells.total, countText(total));
        write(cells.size, countText(level[1]));
        write(cells.price, yuanText(level[0]));
      });
    }
    this.renderMiddle(shown.bid[0]?.[0], shown.ask[0]?.[0]);
  }

  renderMiddle(bid, ask) {
    const words = this.middle.dataset;
    if (bid === undefined || ask === undefined) {
      write(this.middle, words.none);
      return;
    }
    const [middle, spread] = [Math.floor((bid + ask) / 2), ask - bid];
    if (!this.middle.querySelector("b")) this.middle.innerHTML = '<b></b> <span class="ink3"></span><span class="spread"></span>';
    const [price, word, rest] = this.middle.children;
    write(price, yuanText(middle));
    write(word, words.mid);
    write(rest, `${words.spread} ${yuanText(spread)} · ${((100 * spread) / middle).toFixed(1)}%`);
  }
}

function root(element, selector) {
  return element.querySelector(selector);
}
