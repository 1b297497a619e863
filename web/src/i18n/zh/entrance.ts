import type { entrance as en } from "../en/entrance.ts";

export const entrance: Readonly<Record<keyof typeof en, string>> = {
  "door.sign_in": "登录",
  "door.show_password": "显示密码",
  "door.code": "验证码",
  "door.code_hint": "来自身份验证器应用，或一个恢复码。",
  "door.passkey": "用通行密钥登录",
  "door.welcome": "欢迎使用 Millrace",
  "door.welcome_text": "你是第一位。完成后你就是所有者，其他人可在设置中邀请。",
  "door.token": "初始化令牌",
  "door.token_hint": "服务器启动时打印的地址中 # 之后的部分。",
  "door.password_hint": "至少 {n} 个字符，用一个短句就很好。",
  "door.begin": "开始",
  "door.link_failed": "这个链接打不开",
  "door.link_failed_hint": "链接只能用一次，且有时限。请索取新的链接，或直接登录。",
  "field.email": "邮箱",
  "field.password": "密码",
  "field.your_name": "你的名字",
};
