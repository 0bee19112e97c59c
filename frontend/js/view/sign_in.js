import { Failure } from "../network/client.js";
import { signIn, signOut } from "../network/session.js";

/**
 * @import {RecorderPage} from "../selectors.js"
 */

/**
 * Set up the form in which the operator signs in, and the button to sign out.
 * @param {RecorderPage} page
 * @param {() => void} onSignIn
 */
export function setUpSignIn(page, onSignIn) {
  page.signIn.addEventListener("submit", async (event) => {
    event.preventDefault();
    page.signInError.textContent = "";
    try {
      await signIn(page.token.value);
      page.token.value = "";
      onSignIn();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      page.signInError.textContent = error.message;
      page.token.select();
    }
  });
  page.signOut.addEventListener("click", async () => {
    try {
      await signOut();
      location.reload(); // nothing that only the operator may see stays on the page
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      page.notice.textContent = error.message;
    }
  });
}
