"""Every action, callback and block id that Slack sends back to us.

A button's value is written beside its action id; it says what the button is about, and never who may press it.
"""

from typing import Final

# Buttons.
ADD: Final = "add"  # no value
LIST: Final = "list"  # no value
SHOW: Final = "show"  # third party
EDIT: Final = "edit"  # third party
PROPOSE: Final = "propose"  # third party; opens CONTACT_FORM
PROPOSE_DEPUTY: Final = "propose_deputy"  # third party; opens CONTACT_FORM
PROMOTE_DEPUTY: Final = "promote_deputy"  # the proposal by which they became the deputy
REMOVE_DEPUTY: Final = "remove_deputy"  # the proposal by which they became the deputy
ENABLE: Final = "enable"  # third party
DISABLE: Final = "disable"  # third party
REMOVE: Final = "remove"  # third party; asks
REMOVE_NOW: Final = "remove_now"  # third party
ISSUE: Final = "issue"  # third party
RENEW: Final = "renew"  # third party
RESEND: Final = "resend"  # token
TEST: Final = "test"  # third party
TEST_MINE: Final = "test_mine"  # third party, whose contact presses
AUDIT: Final = "audit"  # third party
REVOKE: Final = "revoke"  # token; asks
REVOKE_NOW: Final = "revoke_now"  # token
RETIRE: Final = "retire"  # token; asks
RETIRE_NOW: Final = "retire_now"  # token
REPLACE: Final = "replace"  # token
LIFT: Final = "lift"  # token
APPROVE: Final = "approve"  # proposal, and behind a colon the key that was shown with it, if there was one
REJECT: Final = "reject"  # proposal; opens REJECT_FORM
ADD_KEY: Final = "add_key"  # third party, whose contact presses; opens KEY_FORM
REMOVE_KEY: Final = "remove_key"  # the contact's key that is in force
APPROVE_KEY: Final = "approve_key"  # a change of a contact's key
REJECT_KEY: Final = "reject_key"  # a change of a contact's key
OPEN_HANDOFF: Final = "open_handoff"  # handoff; opens HANDOFF_FORM
DECLINE: Final = "decline"  # handoff
WORKS: Final = "works"  # handoff
NOT_SEEN: Final = "not_seen"  # handoff
NOT_ME: Final = "not_me"  # handoff; opens DISPUTE_FORM
SWITCHED: Final = "switched"  # the old token; opens RETIRE_FORM
ASK: Final = "ask"  # token; opens ASK_FORM
ASK_STILL_WORKS: Final = "ask_still_works"  # token; where Slack opens no window
ASK_SOMEBODY_ELSE: Final = "ask_somebody_else"  # token; where Slack opens no window
HOLDINGS: Final = "holdings"  # no value
GRANT_REQUEST: Final = "grant_request"  # a contact's request for a new token
DECLINE_REQUEST: Final = "decline_request"  # a contact's request for a new token
RENEW_REMINDED: Final = "renew_reminded"  # token
CLAIM: Final = "claim"  # token
SNOOZE: Final = "snooze"  # token; opens SNOOZE_FORM
LET_LAPSE: Final = "let_lapse"  # token
UNDO_LAPSE: Final = "undo_lapse"  # token
UNCONFIRMED: Final = "unconfirmed"  # third party, with which the page begins
CONFIRM: Final = "confirm"  # no value; asks
CONFIRM_NOW: Final = "confirm_now"  # no value
DISMISS: Final = "dismiss"  # no value; closes a question

# In the Home tab: they move the reader, and do nothing else.
HOME_SEARCH: Final = "home_search"  # what was typed
HOME_FILTER: Final = "home_filter"  # a word of Filter, chosen
HOME_NEXT: Final = "home_next"  # the third party after which the page begins
HOME_START: Final = "home_start"  # no value; the first page
HOME_ALL: Final = "home_all"  # no value; without search and filter

# Modals. What each is about is in its private_metadata.
ADD_FORM: Final = "add_form"  # nothing
EDIT_FORM: Final = "edit_form"  # third party
CONTACT_FORM: Final = "contact_form"  # third party
REJECT_FORM: Final = "reject_form"  # proposal
HANDOFF_FORM: Final = "handoff_form"  # handoff; its submit is the reveal
KEY_FORM: Final = "key_form"  # third party
DISPUTE_FORM: Final = "dispute_form"  # handoff
RETIRE_FORM: Final = "retire_form"  # the old token
ASK_FORM: Final = "ask_form"  # token
SNOOZE_FORM: Final = "snooze_form"  # token
REVEAL: Final = "reveal"  # nothing: it shows the credentials and sends nothing back
NOTICE: Final = "notice"  # nothing: it only says something

# Fields of modals: block id and action id at once.
NAME_FIELD: Final = "name_field"
CALLBACK_URL_FIELD: Final = "callback_url_field"
OWNER_FIELD: Final = "owner_field"
DEPUTY_OWNER_FIELD: Final = "deputy_owner_field"
CONTACT_FIELD: Final = "contact_field"
DEPUTY_FIELD: Final = "deputy_field"  # whether the contact is proposed as the deputy
TEXT_FIELD: Final = "text_field"  # a note, or a reason
REASON_FIELD: Final = "reason_field"  # a word of RequestReason
KEY_FIELD: Final = "key_field"  # a public key
WHEN_FIELD: Final = "when_field"  # an instant, in seconds
