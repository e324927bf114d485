// Parts with data-own-live fetch themselves anew when the organisation's orders, trades or balance have changed.

import { live } from "./live.js";
import { announceTrades, OwnOrders } from "./own-orders.js";

const PACE_MS = 400;
const own = new OwnOrders("", []);
let timer = null;

live.followOwn((message) => {
  announceTrades(own.take(message), document.getElementById("trade-words")?.dataset);
  if (message.type === "own_snapshot" && !own.seen) {
    own.seen = true; // the page has just come from the server
    return;
  }
  timer ??= setTimeout(() => {
    timer = null;
    for (const part of document.querySelectorAll("[data-own-live]")) window.htmx?.trigger(part, "own");
  }, PACE_MS);
});
