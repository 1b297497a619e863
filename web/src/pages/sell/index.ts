export { CustomerPage } from "./customer-page.tsx";
export { CustomersPage } from "./customers-page.tsx";
export { InvoicePage } from "./invoice-page.tsx";
export { InvoicesPage } from "./invoices-page.tsx";
export { PlansPage } from "./plans-page.tsx";
export { ProductsPage } from "./products-page.tsx";
export { SimulatorPage } from "./simulator-page.tsx";
export { UsagePage } from "./usage-page.tsx";
