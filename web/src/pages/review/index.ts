export { AgreementPage } from "./agreement-page.tsx";
export { ItemPage } from "./item-page.tsx";
export { QueuePage } from "./queue-page.tsx";
export { ReviewPage } from "./review-page.tsx";
