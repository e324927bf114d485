"""The codes that stand in reports, in words of both languages; a code without words stands as it is."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language

WORDS: Mapping[str, tuple[str, str]] = {
    # Kinds of ledger accounts.
    "funds": ("参与方资金", "Participants' funds"),
    "obligations": ("买方应付", "Buyers' obligations"),
    "payable": ("应付提供方", "Owed to providers"),
    "receivable": ("应收参与方", "Owed by participants"),
    "clearing": ("清算", "Clearing"),
    "disputed": ("争议交付", "Disputed deliveries"),
    "fees": ("服务费收入", "Fees earned"),
    "vat": ("应交增值税", "VAT owed"),
    "bank": ("银行", "Bank"),
    "processor": ("支付机构", "At processors of payments"),
    "subsidy": ("算力券补贴", "Voucher subsidy"),
    # Codes of transfers.
    "top_up": ("充值", "Top-up"),
    "bid_hold": ("买单预留", "Hold of a bid"),
    "trade": ("成交", "Trade"),
    "trade_vat": ("成交增值税", "VAT of trades"),
    "settlement": ("结算", "Settlement"),
    "fee": ("服务费", "Fee"),
    "shortfall": ("短缺", "Shortfall"),
    "make_good": ("退还", "Made good"),
    "dispute": ("争议", "Dispute"),
    "offset": ("抵扣", "Set off"),
    "payout": ("付款", "Payout"),
    "allowances": ("销售折让", "Allowances"),
    "bad_debt": ("坏账", "Bad debt"),
    "credit_note": ("贷记", "Credit note"),
    "write_off": ("核销", "Write-off"),
    "voucher": ("算力券", "Voucher"),
    "draft": ("草稿", "Draft"),
    "active": ("生效", "Active"),
    "ended": ("已结束", "Ended"),
    # States of payouts, and sides.
    "reserved": ("在途", "On its way"),
    "paid": ("已付", "Paid"),
    "failed": ("未受理", "Not taken"),
    "returned": ("退回", "Returned"),
    "dropped": ("放弃", "Given up"),
    "buyer": ("买方", "Buyer"),
    "provider": ("提供方", "Provider"),
    # Delivery.
    "delivered": ("已交付", "Delivered"),
    "missing": ("短缺", "Missing"),
    "to_come": ("未结算", "Not yet settled"),
    "changes": ("改动", "Changes"),
    # What people changed.
    "payout_batch.prepare": ("准备付款批次", "Prepared a payout batch"),
    "payout_batch.approve": ("批准付款批次", "Approved a payout batch"),
    "payout_batch.send": ("送交银行", "Gave a batch to the bank"),
    "payout_batch.drop": ("放弃付款批次", "Gave a batch up"),
    "payout.paid": ("登记付款成功", "Booked a payout as paid"),
    "payout.failed": ("登记付款未受理", "Booked a payout as not taken"),
    "payout.returned": ("登记付款退回", "Booked a payout as returned"),
    "bank_statement.import": ("导入银行流水", "Took in a bank statement"),
    "bank_line.booked": ("登记银行流水", "Booked a bank line"),
    "bank_line.set_aside": ("搁置银行流水", "Set a bank line aside"),
    "bank_line.open": ("取回银行流水", "Took a bank line back"),
    "deposit.book": ("登记到账", "Booked a deposit"),
    "dispute.raise": ("提出争议", "Raised a dispute"),
    "dispute.resolve": ("裁定争议", "Decided a dispute"),
    "fapiao.import": ("导入数电票号码", "Took in e-fapiao numbers"),
    "month.close": ("关闭月份", "Closed a month"),
    "month.ask_to_reopen": ("申请重开月份", "Asked to reopen a month"),
    "month.reopen": ("重开月份", "Reopened a month"),
    "halt.begin": ("停牌", "Halted trading"),
    "halt.collect": ("开始集合竞价", "Began to collect orders"),
    "halt.resume": ("复牌", "Resumed trading"),
    "credit_note.issue": ("开具贷记单", "Issued a credit note"),
    "month.ask_to_close": ("申请关闭月份", "Asked to close a month"),
    "month.withdraw_close": ("撤回关闭申请", "Withdrew a request to close"),
    "participant.limit": ("修改参与方限额", "Changed a participant's limits"),
    "finding.clear": ("排除监察发现", "Cleared a finding"),
    "finding.escalate": ("上报监察发现", "Escalated a finding"),
    "maintenance.plan": ("安排维护", "Planned maintenance"),
    "maintenance.cancel": ("取消维护", "Cancelled maintenance"),
    "price_curve.save": ("保存价格曲线", "Saved a price curve"),
    "price_curve.delete": ("删除价格曲线", "Deleted a price curve"),
    "standing_offer.save": ("保存长期挂单", "Saved a standing offer"),
    "site_profile.save": ("修改数据中心资料", "Changed a site's profile"),
    "market.open": ("开设市场", "Opened a market"),
    "market.change": ("修改市场条款", "Changed a market's terms"),
    "report.download": ("下载报表", "Downloaded a report"),
    "report.export": ("生成报表文件", "Asked for a report's file"),
    "report.subscribe": ("订阅报表", "Subscribed to a report"),
    "report.unsubscribe": ("退订报表", "Unsubscribed from a report"),
    "books.export": ("导出账簿", "Exported the books"),
    "books.chart": ("修改科目表", "Changed the chart of accounts"),
    "person.roles": ("修改角色", "Changed a person's roles"),
}


def words(code: str, *, zh: bool | None = None) -> str:
    """Return a code in words; in the language of the page unless one is chosen."""
    if zh is None:
        zh = (get_language() or "").startswith("zh")
    found = WORDS.get(code)
    return code if found is None else found[0 if zh else 1]
