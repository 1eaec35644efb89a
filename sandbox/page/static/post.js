// Tells the server what somebody did, and shows what it says against it.

const notice = document.getElementById("notice");
const GONE = "The sandbox does not answer. Is it still running?";

// Whether the page hears of what happens.
export function connected(is) {
  if (!is) notice.textContent = GONE;
  else if (notice.textContent === GONE) notice.textContent = "";
}

export async function post(url, fields) {
  notice.textContent = "";
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
    notice.textContent = await answer.text();
    return answer.ok;
  } catch {
    connected(false);
    return false;
  }
}
