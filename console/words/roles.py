"""What roles are called."""

from collections.abc import Mapping

from base.settings import Role
from console.words import Said

ROLES: Mapping[Role, Said] = {
    "segment_manager": Said("segment manager", "客群经理"),
    "data_scientist": Said("data scientist", "数据科学家"),
    "approver": Said("approver", "审批人"),
    "operator": Said("operator", "运营人员"),
    "compliance": Said("compliance", "合规人员"),
}
