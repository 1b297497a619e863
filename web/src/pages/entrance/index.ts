export { EnterPage } from "./enter-page.tsx";
export { OtherRealm } from "./other-realm.tsx";
export { SetUpPage } from "./set-up-page.tsx";
export { SignInPage } from "./sign-in-page.tsx";
