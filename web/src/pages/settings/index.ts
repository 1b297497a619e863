export { AuditPage } from "./audit-page.tsx";
export { HealthPage } from "./health-page.tsx";
export { TeamPage } from "./team-page.tsx";
export { UpstreamsPage } from "./upstreams-page.tsx";
export { WebhooksPage } from "./webhooks-page.tsx";
export { RetentionPage } from "./retention-page.tsx";
export { BrandingPage } from "./branding-page.tsx";
