"""The table of the catalogue: every case by its id, and the tests that prove it. Most stand in
`catalogue/` and are named by the id; where a test elsewhere in the suite has exactly the content,
the table names it instead of repeating it. A case without a test, and a test that is
gone, fail here.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

SUITE = Path(__file__).parents[2]
HERE = "specs/security/catalogue"
GROUPS = {
    "RU": 13, "PK": 8, "CD": 9, "CA": 14, "TK": 16, "RT": 15, "MX": 5, "SE": 12, "UI": 5, "OR": 4,
    "XS": 5, "HD": 4, "CO": 2, "HP": 9, "ID": 10, "PR": 7, "MF": 9, "WA": 6, "CN": 6, "SS": 5,
    "DR": 6, "JW": 3, "DP": 6, "PA": 5, "DC": 6, "TX": 4, "IN": 3, "RV": 3, "LO": 4, "AD": 6,
    "CS": 2, "LG": 5, "KR": 3, "CL": 2,
}  # fmt: skip
CASES = [f"{group}-{number:02}" for group, most in GROUPS.items() for number in range(1, most + 1)]

ELSEWHERE: dict[str, dict[str, tuple[str, ...]]] = {
    "PK-01": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_public_client_must_send_a_challenge_in_every_profile",
            "test_an_operator_can_not_free_a_public_client_of_it",
        ),
    },
    "PK-02": {
        "specs/rfc7636/test_proof_key.py": (
            "test_no_method_but_s256_is_spoken",
            "test_a_method_without_a_challenge_is_refused",
            "test_discovery_names_s256_alone",
        ),
    },
    "PK-03": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_verifier_that_does_not_belong_to_the_challenge_is_refused",
            "test_the_verifier_of_another_attempt_is_refused",
        ),
    },
    "PK-04": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_code_with_a_challenge_is_worth_nothing_without_its_verifier",
        ),
    },
    "PK-05": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_verifier_outside_the_grammar_is_refused_even_if_its_hash_would_match",
            "test_a_challenge_that_is_no_sha_256_value_is_refused",
        ),
    },
    "PK-06": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_verifier_for_a_code_without_a_challenge_is_refused",
        ),
    },
    "PK-07": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_confidential_client_must_send_a_challenge_by_default",
            "test_an_operator_may_free_a_confidential_client_of_it",
        ),
    },
    "PK-08": {
        "specs/rfc7636/test_proof_key.py": (
            "test_a_challenge_appears_on_no_page_in_no_log_and_not_in_the_code",
        ),
    },
    "CD-06": {
        "specs/security/catalogue/test_rt_refresh_tokens.py": (
            "test_rt_04_every_switch_ends_every_kind_of_token_at_every_node",
        ),
        "specs/rfc6749/test_4_1_3_access_token_request.py": (
            "test_what_ends_access_ends_a_code_that_waits",
        ),
    },
    "CA-05": {
        "specs/rfc6749/test_2_3_client_authentication.py": (
            "test_a_method_that_the_client_did_not_register_is_refused",
            "test_an_operator_may_let_a_client_use_either_secret_method",
        ),
    },
    "CA-06": {
        "specs/rfc7523/test_3_keys.py": (
            "test_a_forged_assertion_is_refused",
            "test_an_assertion_signed_by_another_client_is_refused",
        ),
        "specs/rfc7523/test_3_claims.py": (
            "test_an_assertion_without_a_required_claim_is_refused",
            "test_an_assertion_with_wrong_claims_is_refused",
            "test_an_assertion_outside_its_time_is_refused",
            "test_an_assertion_naming_another_client_is_refused",
        ),
    },
    "CA-10": {
        "specs/rfc6749/test_2_3_client_authentication.py": (
            "test_no_character_of_a_secret_is_lost",
            "test_basic_credentials_sent_with_percent_encoded_spaces_are_understood",
        ),
    },
    "CA-11": {
        "specs/rfc6749/test_2_3_client_authentication.py": (
            "test_two_secrets_work_while_a_client_rotates_and_the_old_one_ends",
        ),
    },
    "CA-13": {
        "specs/rfc7523/test_3_keys.py": (
            "test_an_algorithm_other_than_the_registered_one_is_refused",
            "test_a_key_serves_its_own_algorithm_only",
        ),
    },
    "CA-14": {
        "metadata/test_truth.py": ("test_a_way_that_is_not_listed_authenticates_nobody",),
        "specs/rfc6749/test_2_3_client_authentication.py": (
            "test_methods_that_are_not_offered_prove_nothing",
        ),
    },
    "TK-02": {
        "specs/rfc9068/test_4_validation.py": ("test_a_forgery_is_refused",),
        "specs/rfc7523/test_3_keys.py": ("test_a_forged_assertion_is_refused",),
        "specs/rfc9101/test_4_request_object.py": ("test_a_forged_object_is_refused",),
        "specs/oidc_core/test_2_id_token_as_hint.py": ("test_a_forged_hint_is_refused",),
    },
    "TK-03": {
        "specs/rfc9068/test_4_validation.py": ("test_a_forgery_is_refused",),
        "specs/security/catalogue/test_tk_tokens.py": (
            "test_tk_01_to_04_no_header_talks_its_way_in",
        ),
    },
    "TK-05": {
        "specs/rfc9068/test_4_validation.py": (
            "test_one_that_expired_is_refused",
            "test_one_from_the_future_is_refused",
            "test_one_with_wrong_claims_is_refused",
        ),
    },
    "TK-06": {
        "specs/rfc9068/test_4_validation.py": ("test_a_token_of_another_kind_is_refused",),
        "specs/oidc_core/test_3_1_3_6_id_token.py": ("test_an_id_token_opens_nothing",),
    },
    "TK-08": {
        "specs/rfc6750/test_2_authenticated_requests.py": (
            "test_a_token_in_the_query_is_refused",
            "test_a_token_in_header_and_form_is_refused",
        ),
    },
    "TK-09": {
        "specs/rfc6750/test_3_challenges.py": (
            "test_a_token_without_openid_has_too_little_scope",
            "test_a_token_of_a_client_itself_has_too_little_scope",
        ),
    },
    "TK-10": {
        "specs/rfc9068/test_4_validation.py": ("test_a_forgery_is_refused",),
        "specs/security/catalogue/test_tk_tokens.py": (
            "test_tk_01_to_04_no_header_talks_its_way_in",
        ),
    },
    "TK-13": {
        "specs/oidc_core/test_2_id_token.py": (
            "test_a_new_account_of_an_old_name_is_another_subject",
        ),
        "specs/oidc_core/test_8_subject_identifiers.py": (
            "test_two_people_have_two_names",
            "test_clients_of_one_sector_share_the_name_and_others_do_not",
        ),
    },
    "TK-15": {
        "specs/rfc9068/test_4_validation.py": ("test_one_key_signs_by_one_algorithm",),
        "specs/rfc7523/test_3_keys.py": ("test_a_key_serves_its_own_algorithm_only",),
    },
    "TK-16": {
        "specs/rfc6750/test_3_challenges.py": (
            "test_no_refusal_repeats_the_token",
            "test_every_reason_for_an_invalid_token_reads_the_same",
        ),
    },
    "RT-02": {
        "specs/rfc9700/test_4_14_bounds.py": (
            "test_another_client_cannot_use_the_token_and_the_owner_still_can",
        ),
        "specs/rfc9700/test_4_14_reuse.py": (
            "test_a_stolen_old_token_sent_by_another_client_ends_nothing",
        ),
    },
    "RT-03": {
        "specs/rfc9700/test_4_14_bounds.py": (
            "test_a_scope_that_was_not_granted_is_refused",
            "test_a_narrowed_refresh_does_not_narrow_the_next",
            "test_a_scope_is_not_widened_by_a_detour",
        ),
    },
    "RT-06": {
        "specs/rfc9700/test_4_14_repeats.py": (
            "test_a_repeat_is_answered_with_the_identical_successor",
            "test_no_repeat_once_the_successor_was_used",
        ),
    },
    "RT-09": {
        "specs/rfc9700/test_4_14_bounds.py": (
            "test_a_confidential_client_cannot_refresh_without_proving_itself",
        ),
        "specs/rfc9700/test_4_14_reuse.py": (
            "test_a_stolen_old_token_sent_without_client_authentication_ends_nothing",
        ),
    },
    "RT-11": {
        "specs/pages/test_consent.py": (
            "test_withdrawing_from_one_application_leaves_the_others",
        ),
        "specs/pages/test_account_page.py": (
            "test_withdrawing_says_so_and_takes_the_application_off_the_list",
        ),
    },
    "RT-12": {
        "specs/rfc9700/test_4_14_bounds.py": ("test_a_client_that_lost_the_grant_is_refused",),
    },
    "RT-13": {
        "specs/oidc_core/test_12_refresh.py": (
            "test_it_names_the_same_issuer_subject_audience_and_sign_in",
            "test_it_has_no_nonce",
        ),
    },
    "RT-15": {
        "specs/rfc9700/test_4_14_reuse.py": (
            "test_reuse_is_recorded_with_who_and_where_and_no_token",
            "test_the_person_sees_the_reuse_on_the_account_page",
        ),
    },
    "MX-05": {
        "specs/response_modes/test_2_response_modes.py": (
            "test_the_redirect_is_a_303_that_is_not_stored_and_names_no_referrer",
        ),
    },
    "SE-01": {
        "specs/security/test_cross_site_request_forgery.py": (
            "test_a_form_without_its_token_is_refused",
            "test_the_token_of_another_form_is_refused",
            "test_a_form_from_another_site_is_refused_even_with_its_token",
            "test_an_attacker_can_not_sign_a_person_in_as_somebody_else",
        ),
    },
    "SE-03": {
        "specs/security/test_cookies.py": ("test_under_https_every_cookie_is_bound_to_the_host",),
    },
    "SE-04": {
        "specs/security/test_cookies.py": ("test_a_copied_cookie_is_dead_after_signing_out",),
    },
    "SE-05": {
        "specs/security/test_cookies.py": (
            "test_an_idle_session_ends",
            "test_no_use_makes_a_session_longer_than_the_absolute_limit",
        ),
    },
    "SE-06": {
        "specs/security/test_cookies.py": (
            "test_a_disabled_account_is_signed_out_at_its_next_request",
        ),
    },
    "SE-07": {
        "cli/test_users.py": ("test_new_credentials_and_disabling_end_what_there_is",),
        "specs/pages/test_why_signed_out.py": (
            "test_the_reason_of_the_end_is_told_in_its_own_words",
        ),
    },
    "SE-10": {
        "rooms/test_settings.py": (
            "test_this_machine_is_not_served_without_a_secret_key_either",
            "test_others_are_not_served_with_half_a_configuration",
            "test_a_secret_key_that_could_be_guessed_is_refused_and_never_shown",
        ),
        "cli/test_commands.py": ("test_without_a_secret_key_nothing_is_opened",),
    },
    "SE-12": {
        "specs/pages/test_several_tabs.py": (
            "test_a_code_is_never_for_an_account_that_did_not_answer_that_tab",
            "test_consent_of_one_account_is_not_taken_for_anothers",
        ),
    },
    "UI-01": {
        "specs/security/test_headers.py": ("test_no_page_can_be_framed",),
    },
    "UI-02": {
        "specs/security/test_headers.py": (
            "test_a_page_runs_nothing_and_loads_only_our_own",
            "test_a_form_may_lead_to_the_client_and_nowhere_else",
        ),
    },
    "UI-03": {
        "specs/security/test_headers.py": (
            "test_every_answer_says_https_only_and_what_it_is",
            "test_a_page_is_not_kept_and_tells_nobody_where_the_person_was",
        ),
    },
    "UI-04": {
        "specs/security/test_headers.py": (
            "test_refusals_for_machines_are_not_kept_either",
            "test_static_files_are_kept_because_their_address_changes_with_them",
        ),
        "specs/rfc6749/test_3_2_token_endpoint.py": (
            "test_no_answer_of_the_back_channel_may_be_kept",
        ),
    },
    "UI-05": {
        "specs/pages/test_sign_in.py": (
            "test_password_managers_find_their_fields",
            "test_a_password_is_never_sent_back",
        ),
    },
    "OR-01": {
        "specs/security/test_open_redirects.py": (
            "test_signing_in_stays_here_whatever_the_address_says",
            "test_what_a_form_carries_beside_its_fields_leads_nowhere",
        ),
    },
    "OR-02": {
        "specs/oidc_rpinitiated/test_2_logout_request.py": (
            "test_an_address_that_is_not_registered_is_never_gone_to",
        ),
    },
    "OR-03": {
        "specs/oidc_rpinitiated/test_2_logout_request.py": (
            "test_a_registered_address_without_hint_or_client_leads_nowhere",
        ),
    },
    "OR-04": {
        "specs/pages/test_error_page.py": ("test_nothing_in_a_request_becomes_a_link",),
        "specs/security/test_open_redirects.py": ("test_signing_out_stays_here_too",),
    },
    "XS-01": {
        "specs/pages/test_error_page.py": (
            "test_markup_in_a_parameter_is_never_markup",
            "test_markup_in_an_address_is_never_markup",
        ),
    },
    "XS-02": {
        "specs/form_post/test_2_form_post_response_mode.py": (
            "test_state_is_text_and_arrives_as_it_came",
            "test_only_its_own_script_runs",
        ),
    },
    "XS-03": {
        "specs/pages/test_error_page.py": (
            "test_markup_in_what_a_client_says_of_itself_is_text",
            "test_only_web_addresses_of_a_client_become_links",
        ),
    },
    "XS-04": {
        "specs/pages/test_account_page.py": ("test_markup_in_names_and_user_agents_is_text",),
    },
    "XS-05": {
        "specs/pages/test_languages.py": ("test_odd_locales_are_neither_evaluated_nor_looked_up",),
    },
    "HD-01": {
        "specs/security/test_host_and_proxies.py": (
            "test_no_address_we_give_comes_from_a_header",
            "test_discovery_is_the_same_under_every_host",
        ),
    },
    "HD-02": {
        "specs/security/test_host_and_proxies.py": (
            "test_only_a_trusted_proxy_says_who_asks",
            "test_a_trusted_proxy_does_not_say_who_we_are",
        ),
    },
    "HD-03": {
        "specs/pages/test_sign_in.py": ("test_a_made_up_forwarding_header_is_no_new_address",),
    },
    "HD-04": {
        "specs/security/test_host_and_proxies.py": (
            "test_a_plain_request_behind_a_proxy_that_ends_https_is_served",
            "test_a_token_request_behind_such_a_proxy_is_served",
        ),
    },
    "CO-01": {
        "specs/security/test_cross_origin.py": (
            "test_no_origin_may_read_a_page",
            "test_no_origin_may_read_the_pages_of_a_request",
        ),
    },
    "CO-02": {
        "specs/security/test_cross_origin.py": (
            "test_a_clients_origin_may_read_its_token_answers",
            "test_a_clients_origin_may_read_userinfo_and_revoke",
            "test_nobody_reads_an_answer_to_nobody",
            "test_a_preflight_from_nowhere_is_not_allowed",
        ),
    },
    "ID-03": {
        "specs/pages/test_sign_in.py": (
            "test_the_owner_signs_in_from_a_known_browser_while_somebody_guesses",
            "test_after_the_wait_the_right_password_opens_at_once",
        ),
    },
    "ID-10": {
        "specs/status_list/test_7_suspended.py": (
            "test_a_code_of_a_locked_account_is_refused_with_its_reason_and_is_not_spent",
        ),
    },
    "ID-04": {
        "specs/pages/test_sign_in.py": (
            "test_every_spelling_of_a_name_is_one_account",
            "test_another_spelling_is_no_fresh_start",
        ),
        "cli/test_users.py": ("test_names_and_addresses_are_given_once",),
    },
    "MF-08": {
        "specs/pages/test_asking_again.py": (
            "test_the_person_is_asked_to_sign_in_again",
            "test_signing_in_again_can_not_be_skipped_by_coming_back",
            "test_max_age_counts_whole_seconds",
        ),
    },
    "CN-03": {
        "specs/security/test_cross_site_request_forgery.py": (
            "test_a_form_without_its_token_is_refused",
            "test_a_get_answers_no_form",
            "test_the_token_of_another_session_is_refused",
        ),
    },
    "CN-04": {
        "specs/pages/test_asking_again.py": (
            "test_silence_without_a_session_is_login_required",
            "test_silence_without_consent_is_consent_required",
            "test_silence_needs_a_live_session",
            "test_silence_with_a_session_that_is_too_old_is_login_required",
        ),
    },
    "CN-06": {
        "specs/pages/test_consent.py": (
            "test_after_withdrawing_it_is_asked_again_and_the_tokens_are_dead",
        ),
    },
    "PA-04": {
        "specs/rfc9101/test_4_request_object.py": (
            "test_a_forged_object_is_refused",
            "test_an_object_that_is_not_for_us_now_is_refused",
            "test_an_object_signed_by_another_client_is_refused",
        ),
        "specs/rfc9101/test_10_single_use.py": (
            "test_an_object_that_is_not_believed_uses_nothing_up",
        ),
    },
    "TX-04": {
        "metadata/test_truth.py": (
            "test_no_other_grant_type_works",
            "test_implicit_is_no_grant_type_of_the_token_endpoint",
        ),
    },
    "IN-01": {
        "specs/rfc7662/test_2_introspection.py": (
            "test_the_caller_must_authenticate",
            "test_only_post_asks",
            "test_a_public_client_may_not_ask",
        ),
    },
    "IN-02": {
        "specs/rfc7662/test_2_introspection.py": (
            "test_another_clients_token_is_nothing_to_a_client",
            "test_a_token_for_another_api_is_nothing_to_an_api",
        ),
    },
    "RV-01": {
        "specs/rfc7009/test_2_1_revocation_request.py": ("test_another_clients_token_stays",),
        "specs/rfc7009/test_2_2_revocation_response.py": (
            "test_another_clients_token_is_answered_as_an_unknown_one",
        ),
    },
    "RV-02": {
        "specs/rfc7009/test_2_1_revocation_request.py": (
            "test_a_revoked_refresh_token_takes_its_access_tokens_along",
            "test_a_refresh_token_that_was_rotated_takes_its_successors_along",
        ),
    },
    "RV-03": {
        "specs/rfc7009/test_2_2_revocation_response.py": (
            "test_what_is_no_token_is_answered_alike",
        ),
        "specs/rfc7009/test_2_1_revocation_request.py": ("test_a_wrong_hint_does_not_hinder",),
    },
    "LO-02": {
        "specs/oidc_rpinitiated/test_2_logout_request.py": (
            "test_what_hangs_on_the_session_ends_with_it",
        ),
        "specs/oidc_backchannel/test_2_clients_are_told.py": (
            "test_the_client_receives_a_logout_token_and_nothing_else",
            "test_a_receiver_that_fails_is_asked_again_later_with_another_token",
        ),
    },
    "LO-03": {
        "specs/oidc_backchannel/test_2_clients_are_told.py": (
            "test_the_client_receives_a_logout_token_and_nothing_else",
        ),
    },
    "LO-04": {
        "specs/oidc_rpinitiated/test_2_logout_request.py": (
            "test_an_expired_hint_of_ours_counts",
            "test_a_forged_hint_signs_nobody_out_and_leads_nowhere",
        ),
    },
    "AD-04": {
        "cli/test_clients.py": (
            "test_a_web_application_gets_a_secret_that_works_and_is_kept_as_a_digest",
        ),
        "specs/rfc7592/test_2_client_configuration.py": (
            "test_reading_returns_what_is_registered_but_no_secret",
        ),
        "specs/security/catalogue/test_lg_secrets.py": (
            "test_lg_04_what_commands_print_holds_nothing_that_could_be_used",
        ),
    },
    "AD-05": {
        "cli/test_users.py": (
            "test_a_password_is_never_an_argument",
            "test_new_credentials_and_disabling_end_what_there_is",
        ),
    },
    "AD-06": {
        "cli/test_registered_clients.py": (
            "test_a_client_is_switched_off_and_on_and_both_leave_a_trace",
            "test_removing_asks_first_and_leaves_a_trace",
        ),
    },
    "CS-01": {
        "specs/security/test_cross_site_request_forgery.py": (
            "test_a_form_without_its_token_is_refused",
            "test_the_token_of_another_session_is_refused",
            "test_a_stolen_form_is_of_no_use_in_another_browser",
            "test_a_form_from_another_site_is_refused_even_with_its_token",
        ),
    },
    "CS-02": {
        "specs/security/test_cross_site_request_forgery.py": (
            "test_a_body_of_another_type_is_no_form",
        ),
    },
    "KR-01": {
        "specs/oidc_core/test_10_1_1_rotation_of_signing_keys.py": (
            "test_a_new_key_is_published_before_it_signs",
            "test_every_token_verifies_against_the_keys_fetched_after_it",
            "test_the_old_key_goes_in_the_end",
        ),
    },
    "KR-02": {
        "specs/rfc7517/test_5_key_set.py": (
            "test_nothing_private_is_published",
            "test_every_key_says_what_it_is_for_and_no_two_share_a_name",
            "test_the_set_may_be_kept_for_five_minutes",
        ),
    },
    "KR-03": {
        "specs/oidc_core/test_10_1_1_rotation_of_signing_keys.py": (
            "test_another_process_publishes_the_new_key_within_a_second",
            "test_both_processes_sign_with_the_same_key_from_the_same_second",
        ),
    },
    "LG-05": {
        "rooms/test_settings.py": ("test_switches_that_open_doors_are_refused",),
    },
}
"""By id and file, tests that prove a case from where the rule belongs."""

_NAMED = re.compile(r"test_([a-z]{2})_(\d\d)((?:_(?:and|to)_\d\d)?)_")
"""`test_ru_08_and_09_…` is about two cases, `test_wa_01_to_06_…` about six."""


@cache
def names_in(file: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse(file.read_text())
    names = (one.name for one in tree.body if isinstance(one, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


def named_cases(name: str) -> set[str]:
    """Return the cases that a test is named after."""
    if not (found := _NAMED.match(name)):
        return set()
    group, first, more = found[1].upper(), int(found[2]), found[3]
    last = int(more[-2:]) if more else first
    between = range(first, last + 1) if more.startswith("_to_") else (first, last)
    return {f"{group}-{number:02}" for number in between}


@cache
def table() -> dict[str, tuple[str, ...]]:
    """Return the tests of every case: those named by it, then those elsewhere."""
    found: dict[str, list[str]] = {case: [] for case in CASES}
    for file in sorted((SUITE / HERE).glob("test_*.py")):
        for name in sorted(names_in(file)):
            for case in named_cases(name):
                found[case].append(f"{HERE}/{file.name}::{name}")
    for case, files in ELSEWHERE.items():
        found[case] += [f"{file}::{name}" for file, names in files.items() for name in names]
    return {case: tuple(tests) for case, tests in found.items()}


def test_the_catalogue_has_222_cases() -> None:
    assert len(CASES) == 222
    assert len(GROUPS) == 34
    assert set(ELSEWHERE) <= set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_a_test_and_every_test_is_there(case: str) -> None:
    tests = table()[case]
    assert tests, f"nothing proves {case}"
    for node in tests:
        path, _, name = node.partition("::")
        assert name in names_in(SUITE / path), f"{case}: {node} is gone"
