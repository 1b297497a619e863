export { ProductPage } from "./product-page.tsx";
export { ProductsPage } from "./products-page.tsx";
