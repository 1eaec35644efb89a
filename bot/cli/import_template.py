"""What `thirdparty-bot import --template` prints."""

from typing import Final

TEMPLATE: Final = """\
# Third parties for `thirdparty-bot import`. Put yours below the header in place of the example, and see what would
# happen with --dry-run. Lines above the header that begin with # are not read.
#
# One row for each token. Of a third party with two tokens, everything before token_kind is the same in both rows; one
# without a token has one row, with nothing from token_kind on. Columns may be left out, but for name and owner.
#
# name           1 to 80 characters; capitals and spaces don't make two of it
# callback_url   https://…, or empty
# owner          the employee responsible: a Slack user ID (U…) or an email address
# deputy_owner   the same, or empty
# contact        who may receive credentials: proposed by this import, approved by an admin in Slack
# notes          at most 500 characters
# enabled        yes or no; empty is no
# client_id      the one that the third party uses already; empty makes a new one
# token_kind     migrated: from a former system, checked here from now on
#                external: made and checked elsewhere; it is handed over and reminded of, and never accepted here
# token          the token itself; of an external one it may be empty, and then there are reminders alone
# client_secret  what belongs to it, or empty
# issued_at      2026-03-31, or 2026-03-31T09:00+02:00; without a zone it is UTC
# expires_at     the same; a day alone means its last second
# delivered      yes: the third party has the token, and it is never shown. no: it is offered to the contact, once
name,callback_url,owner,deputy_owner,contact,notes,enabled,client_id,token_kind,token,client_secret,issued_at,expires_at,delivered
Example Supplier,https://supplier.example/callback,owner@your-company.example,,contact@supplier.example,,no,,external,,,2026-01-15,2099-12-31,
"""
