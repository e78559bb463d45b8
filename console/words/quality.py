"""What is demanded of the data, and why rows are not taken in, in both languages."""

from collections.abc import Mapping

from console.words import Said

EXPECTATIONS: Mapping[str, Said] = {
    "expect_table_row_count_to_be_between": Said("rows taken in", "接收行数"),
    "expect_column_values_to_not_be_null": Said("nothing is missing", "不得缺失"),
    "expect_column_values_to_be_in_set": Said("one of the agreed words", "取值在约定范围内"),
    "expect_column_values_to_match_regex": Said("readable as its type", "格式可识别"),
    "expect_column_values_to_be_between": Said("within its limits", "数值在限定范围内"),
    "expect_column_values_to_be_unique": Said("no two rows of one key", "主键不重复"),
    "expect_compound_columns_to_be_unique": Said("no two rows of one key", "主键不重复"),
    "expect_column_mean_to_be_between": Said("a share that makes sense", "占比合理"),
}

TABLES: Mapping[str, Said] = {
    "customers": Said("Customers", "客户"),
    "balances": Said("Balances", "余额"),
    "transactions": Said("Transactions", "交易"),
    "openings": Said("Products opened", "产品开户"),
    "app_events": Said("Events in the app", "APP 行为"),
    "consents": Said("Consents", "授权同意"),
    "suppressions": Said("Suppressions", "禁止联系名单"),
    "contacts": Said("Contacts of others", "其他渠道触达"),
    "complaints": Said("Complaints", "投诉"),
    "inbound_calls": Said("Calls that came in", "来电"),
    "identities": Said("Identities", "身份信息"),
}

_REASONS: Mapping[str, str] = {
    "not cut into the agreed number of cells": "列数与约定不符",
    "missing customer number": "缺少客户号",
    "unknown customer": "客户不存在",
    "not a whole number": "不是整数",
    "not a number": "不是数字",
    "not a yes or no": "不是“是/否”",
    "not a date": "不是日期",
    "not a time": "不是时间",
    "missing": "缺失",
    "not one of the agreed words": "取值不在约定范围内",
    "in the future": "日期在未来",
    "a second row of the same key": "主键重复",
}


def reason(words: str) -> Said:
    """Why a row was not taken in; limits (``below 0 or above 9``) stay numbers."""
    limits = words.replace("below", "小于").replace("above", "大于").replace(" or ", " 或 ")
    return Said(words, _REASONS.get(words, limits))
