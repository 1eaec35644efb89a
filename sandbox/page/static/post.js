// Tells the server what somebody did, and shows what it says against it.

const notice = document.getElementById("notice");

export async function post(url, fields) {
  notice.textContent = "";
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
    notice.textContent = await answer.text();
    return answer.ok;
  } catch {
    notice.textContent = "The sandbox does not answer. Is it still running?";
    return false;
  }
}
