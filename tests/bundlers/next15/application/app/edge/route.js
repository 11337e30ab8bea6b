import { connect, open } from "headwater";

export const runtime = "edge";

export async function GET(request) {
  const url = new URL(request.url).searchParams.get("url");
  const error = await open(url, { trust: "ed25519:00" }).catch((thrown) => thrown);
  return new Response(`${error.code} ${typeof connect(url).search}`);
}
