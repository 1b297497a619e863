/** Partners. */
export const channels = {
  "nav.channels": "Channels",
  "channels.partners": "Partners",
  "channels.partners_text":
    "Who brings customers, and for what share of what they pay. Open one to invite it to its own side.",
  "channels.new_partner": "New partner",
  "channels.no_partners": "No partner yet",
  "channels.no_partners_hint": "A partner who brings a customer gets a share of each invoice.",
  "channels.channel": "Channel",
  "channels.commission": "Commission",
  "channels.commission_percent": "Commission in percent",
  "channels.invite": "A link for {name}",
  "channel.referral": "Referral",
  "channel.direct": "Direct",
  "channel.reseller": "Reseller",
  "channel.white_label": "White label",
  "channel.marketplace": "Marketplace",
  "channel.joint_venture": "Joint venture",
} as const;
