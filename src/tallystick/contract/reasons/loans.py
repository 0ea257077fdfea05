"""Reasons of flexible loans."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import PRICE, table

LOANS: Final = table(
    (
        (
            "loan_request_under_way",
            "the request {id} is under way until {until_ms}",
            "请求 {id} 处理中，{until_ms} 完成",
            'POST clock/advance {{"to": "{until_ms}"}}',
        ),
        (
            "loan_request_duplicate",
            "the client id {id} was used and is free again at {until_ms}",
            "自定义 ID {id} 已使用，{until_ms} 起可再次使用",
            'POST clock/advance {{"to": "{until_ms}"}}',
        ),
        (
            "too_many_loan_requests",
            "{most_count} requests of {name} are waiting, and no more are allowed",
            "{name} 已有 {most_count} 个请求等待处理，已达上限",
            'POST clock/advance {{"to": "next"}}',
        ),
        ("unknown_loan", "{name} has no loan {id}; open loans: {known}", "{name} 没有借款 {id}；未结清的有：{known}"),
        (
            "collateral_is_loan_ccy",
            "{ccy} is both borrowed and pledged; a loan may have it on one side only",
            "{ccy} 同时是借入币种和质押币种，一笔借款只能取其一",
        ),
        (
            "loan_ccy_not_borrowable",
            "flexible loans do not lend {ccy}",
            "活期借币不出借 {ccy}",
            'POST parameters {{"currencies": {{"{ccy}": {{"loanable": true}}}}}}',
        ),
        (
            "ccy_not_collateral",
            "{ccy} does not count as collateral",
            "{ccy} 不是质押币种",
            'POST parameters {{"currencies": {{"{ccy}": {{"collateral": true}}}}}}',
        ),
        (
            "ccy_not_collateral/unpriced",
            "{ccy} has no price any more, so a loan against it cannot be judged",
            "{ccy} 已没有价格，无法评估以其质押的借款",
            PRICE,
        ),
        (
            "collateral_missing",
            "a new loan of {ccy} needs collateral",
            "新借入 {ccy} 需要质押物",
        ),
        ("not_in_collateral", "{ccy} is not pledged; pledged is: {known}", "{ccy} 未质押；已质押：{known}"),
        ("loan_without_debt", "{name} has no loan", "{name} 没有借款"),
        (
            "above_redeemable",
            "you asked for {asked} {ccy}; {locked} is pledged",
            "申请赎回 {asked} {ccy}，已质押 {locked}",
        ),
        (
            "above_loan_limit/most",
            "you asked for {asked} {ccy}; the limit of a user leaves {left}",
            "申请 {asked} {ccy}，个人借款上限还剩 {left}",
            'POST parameters {{"currencies": {{"{ccy}": {{"loan_max": "..."}}}}}}',
        ),
        ("not_loan_ccy", "the loan owes no {ccy}; it owes: {owed}", "该借款没有 {ccy} 负债；负债币种：{owed}"),
        (
            "no_e_mode_pair",
            "every pledged coin must pair with every borrowed one in E-Mode; pairs are: {known}",
            "E-Mode 下每个质押币种须与每个借入币种配对；币对：{known}",
            'POST parameters {{"constants": {{"loan_e_mode_pairs": ...}}}}',
        ),
        (
            "collateral_too_little",
            "the listed coins leave {missing} of {asked} {ccy} unpaid",
            "所列质押币种偿还 {asked} {ccy} 后仍差 {missing}",
        ),
        (
            "collateral_too_little/worse",
            "after {asked} {ccy} is repaid, the remaining {left} would be covered worse than before",
            "偿还 {asked} {ccy} 后，剩余 {left} 的覆盖程度会变差",
        ),
    )
)
