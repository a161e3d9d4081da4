// A retailer's app: rice and what is made of it with three stars, all pages of the search.

import { api, check, taken } from "./api.ts";
import type { components } from "./schema.ts";

const found: components["schemas"]["ProductHit"][] = [];
let cursor: string | null | undefined;
let total = 0;
let pages = 0;
do {
  // A cursor goes with the question that it was given to: the same words, filters and day.
  const question = { q: "gạo", stars: 3, facets: "province", as_of: "2020-10-27", limit: 5 };
  const page = taken(
    await api.GET("/v1/products", { params: { query: cursor ? { ...question, cursor } : question } }),
  );
  check("total" in page, "an answer to words says how many there are");
  found.push(...page.items);
  total = page.total;
  pages += 1;
  cursor = page.next_cursor;
} while (cursor);

check(new Set(found.map((product) => product.id)).size === total && found.length === total && total > 5, "every product once");
console.log(`${total} products on ${pages} pages; the best is ${found[0]?.name} of ${found[0]?.producer.name}`);
