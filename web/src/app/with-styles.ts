/** A chunk together with Mantine's styles: the first load brings those of the shell only. */
export const withStyles =
  <T>(load: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    const [page] = await Promise.all([load(), import("@mantine/core/styles.layer.css")]);
    return page;
  };
