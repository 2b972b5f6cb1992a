/** The package's version; test/web/html/navigator.contract.ts compares it with package.json. */
export const version = "0.1.0";
