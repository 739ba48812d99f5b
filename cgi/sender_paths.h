/* The paths of the sender's API. nginx gives GET to `status` and the rest to `upload`, so neither table of routes alone
 * knows what Allow has to name (RFC 9110, section 10.2.1). docs/openapi.yaml says the same, and a test compares them. */
#pragma once

#include "serve.h"

static const struct shared_path sender_paths[] = {
    {"/api/v1/documents", "GET, HEAD, POST"},
    {"/api/v1/documents/counts", "GET, HEAD"},
    {"/api/v1/documents/{id}", "GET, HEAD, PATCH, DELETE"},
    {"/api/v1/documents/{id}/withdraw", "POST"},
    {"/api/v1/documents/{id}/archive", "POST"},
    {"/api/v1/documents/{id}/unarchive", "POST"},
    {"/api/v1/documents/{id}/remind", "POST"},
    {"/api/v1/documents/{id}/contacts/{contact_id}/revoke", "POST"},
    {"/api/v1/documents/{id}/contacts/{contact_id}/rotate", "POST"},
    {"/api/v1/documents/{id}/messages", "GET, HEAD, POST"},
    {"/api/v1/documents/{id}/events", "GET, HEAD"},
    {"/api/v1/documents/{id}/file", "GET, HEAD"},
    {"/api/v1/documents/{id}/evidence", "GET, HEAD"},
    {"/api/v1/documents/{id}/receipt", "GET, HEAD"},
    {"/api/v1/events", "GET, HEAD"},
    {"/api/v1/bounces", "POST"},
    {"/api/v1/settings", "GET, HEAD, PATCH"},
    {"/api/v1/settings/logo", "PUT, DELETE"},
    {"/api/v1/settings/attachments", "POST"},
    {"/api/v1/settings/attachments/{id}", "DELETE"},
    {"/api/v1/webhooks", "GET, HEAD, POST"},
    {"/api/v1/webhooks/{id}", "DELETE"},
    {"/api/v1/webhooks/{id}/rotate", "POST"},
    {"/api/v1/webhooks/{id}/test", "POST"},
    {"/api/v1/webhooks/{id}/deliveries", "GET, HEAD"},
    {"/api/v1/webhooks/{id}/deliveries/{delivery_id}/retry", "POST"},
    {0},
};
