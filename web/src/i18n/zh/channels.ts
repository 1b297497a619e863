import type { channels as en } from "../en/channels.ts";

export const channels: Readonly<Record<keyof typeof en, string>> = {
  "nav.channels": "渠道",
  "channels.partners": "合作伙伴",
  "channels.partners_text": "谁带来客户，以及分成比例。打开一行可邀请对方进入自己的门户。",
  "channels.new_partner": "新建伙伴",
  "channels.no_partners": "还没有伙伴",
  "channels.no_partners_hint": "带来客户的伙伴可从每张账单中获得分成。",
  "channels.channel": "渠道类型",
  "channels.commission": "佣金",
  "channels.commission_percent": "佣金百分比",
  "channels.invite": "给 {name} 的链接",
  "channel.referral": "推荐",
  "channel.direct": "直销",
  "channel.reseller": "分销",
  "channel.white_label": "贴牌",
  "channel.marketplace": "市场",
  "channel.joint_venture": "合资",
};
