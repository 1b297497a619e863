import { expect, it } from "vitest";
import { openLanguageDetector } from "./language.ts";

const detect = openLanguageDetector();

it.each([
  ["en", "I was charged twice for the same purchase, please refund it."],
  ["de", "Wo ist meine Karte geblieben? Ich warte seit zwei Wochen."],
  ["fr", "Je voudrais savoir où est ma carte, s'il vous plaît."],
  ["es", "¿Por qué todavía no ha llegado mi tarjeta de crédito?"],
  ["tr", "Kartım nerede kaldı? İki haftadır bekliyorum."],
  ["ru", "Где моя карта? Я жду уже две недели."],
  ["zh", "很好吃"],
  ["zh", "送餐很快，味道也不错，下次还会再点，iPhone 下单也方便"],
  ["ja", "この商品はとても良かったです"],
  ["ko", "배송이 정말 빨라요"],
  ["el", "Πού είναι η κάρτα μου;"],
  ["und", "ok"],
  ["und", "12345 !!!"],
  ["und", ""],
])("%s: %s", async (language, text) => {
  expect(await detect(text)).toBe(language);
});
