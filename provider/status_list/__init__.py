"""Token status lists (draft-ietf-oauth-status-list-21), as one process keeps them: which places
it may give away (`places`, in the order of `permutation`), and what it serves (`board`, by the
rules of `writing`). Rows are the business of `store`; endpoints and credentials ask here."""
