/** The same outside of a page: node program.mjs URL TRUST FOLDER */
import { open } from "headwater";

// A bundle may be one of CommonJS, which knows no top-level await.
async function search([url, trust, cacheDir]) {
  const replica = await open(url, { trust, cacheDir, syncEveryMs: 0 });
  const { hits } = await replica.search({ match: "cat", topK: 5 });
  await replica.close();
  console.log(`found ${hits.map((hit) => hit.id).join(" ")}`);
}

search(process.argv.slice(2));
