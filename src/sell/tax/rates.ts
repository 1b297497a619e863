/** One rate of one country, from an instant on. Rates of the operator stand before the built-in ones. */
export interface TaxRate {
  readonly country: string;
  /** `VAT`, `GST`: as it is printed. */
  readonly name: string;
  /** 190,000 is 19 %. */
  readonly partsPerMillion: number;
  readonly fromMs: number;
}

/** Standard rates for services that are supplied electronically: country, name, then rate and first day of each. */
const table: readonly string[] = [
  "AT VAT 20 1984-01-01",
  "AU GST 10 2000-07-01",
  "BE VAT 21 1996-01-01",
  "BG VAT 20 1999-01-01",
  "CA GST 5 2008-01-01",
  "CH VAT 7.7 2018-01-01 8.1 2024-01-01",
  "CN VAT 6 2012-01-01",
  "CY VAT 19 2014-01-13",
  "CZ VAT 21 2013-01-01",
  "DE VAT 19 2007-01-01 16 2020-07-01 19 2021-01-01",
  "DK VAT 25 1992-01-01",
  "EE VAT 20 2009-07-01 22 2024-01-01 24 2025-07-01",
  "ES VAT 21 2012-09-01",
  "FI VAT 24 2013-01-01 25.5 2024-09-01",
  "FR VAT 20 2014-01-01",
  "GB VAT 20 2011-01-04",
  "GR VAT 24 2016-06-01",
  "HR VAT 25 2012-03-01",
  "HU VAT 27 2012-01-01",
  "IE VAT 23 2012-01-01 21 2020-09-01 23 2021-03-01",
  "IN GST 18 2017-07-01",
  "IS VAT 24 2015-01-01",
  "IT VAT 22 2013-10-01",
  "JP JCT 8 2014-04-01 10 2019-10-01",
  "KR VAT 10 1977-07-01",
  "LT VAT 21 2009-09-01",
  "LU VAT 17 2015-01-01 16 2023-01-01 17 2024-01-01",
  "LV VAT 21 2012-07-01",
  "MT VAT 18 2004-01-01",
  "MX VAT 16 2014-01-01",
  "NL VAT 21 2012-10-01",
  "NO VAT 25 2005-01-01",
  "NZ GST 15 2010-10-01",
  "PL VAT 23 2011-01-01",
  "PT VAT 23 2011-01-01",
  "RO VAT 19 2017-01-01 21 2025-08-01",
  "SE VAT 25 1990-07-01",
  "SG GST 7 2007-07-01 8 2023-01-01 9 2024-01-01",
  "SI VAT 22 2013-07-01",
  "SK VAT 20 2011-01-01 23 2025-01-01",
  "ZA VAT 15 2018-04-01",
];

/** The built-in table. Days begin at midnight UTC; check it with your accountant, and add a rate of your own where it differs. */
export const builtInRates: readonly TaxRate[] = table.flatMap((row) => {
  const [country = "", name = "", ...pairs] = row.split(" ");
  return Array.from({ length: pairs.length / 2 }, (_, at): TaxRate => {
    const [percent = "0", day = ""] = pairs.slice(2 * at, 2 * at + 2);
    return { country, name, partsPerMillion: Math.round(Number(percent) * 10_000), fromMs: Date.parse(day) };
  });
});

/** The rate in force; the operator's own are asked first. Undefined where nobody knows one. */
export function rateAt(country: string, atMs: number, own: readonly TaxRate[]): TaxRate | undefined {
  const newest = (rates: readonly TaxRate[]): TaxRate | undefined =>
    rates
      .filter((rate) => rate.country === country && rate.fromMs <= atMs)
      .reduce<TaxRate | undefined>((best, rate) => (best && best.fromMs >= rate.fromMs ? best : rate), undefined);
  return newest(own) ?? newest(builtInRates);
}
