/* What a certificate says, section by section. */
#pragma once

#include "sheet.h"

struct json_object;

/* All of it goes below what stands on SHEET. RECEIPT as in certificate.h. */
void section_agreement(struct sheet *sheet, struct json_object *receipt);
void section_how(struct sheet *sheet, struct json_object *receipt);
void section_consent(struct sheet *sheet, struct json_object *receipt);
void section_files(struct sheet *sheet, struct json_object *receipt);
void section_history(struct sheet *sheet, struct json_object *receipt);
void section_control(struct sheet *sheet, struct json_object *receipt);

/* "tilbud 2026-0117", as it stands in a sentence. */
const char *document_in_sentence(struct sheet *sheet, struct json_object *receipt);

/* A word of the catalogue with its placeholders filled, values that read from right to left set apart; or with one. */
const char *say_all(const struct sheet *sheet, enum word id, const struct word_value *values, size_t count);
const char *say(const struct sheet *sheet, enum word id, const char *name, const char *value);

/* A local time "YYYY-MM-DDTHH:MM[:SS]" as people write it, without its seconds; NULL for NULL. */
const char *local_minutes(const struct sheet *sheet, const char *time);

/* How EVIDENCE says that it was signed. */
enum word signature_word(struct json_object *evidence);
