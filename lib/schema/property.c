/* SPDX-License-Identifier: MIT */
/*
 * The properties of characters; see property.h.
 *
 * ECMA-262 takes the names of Unicode's tables of aliases and no others, by the letter.
 * PCRE2 has the general categories by their short names alone, and is lax about the case of
 * letters: so both tables are here.
 */
#include "config.h"

#include "schema/property.h"

#include <stdio.h>
#include <string.h>

struct names {
    const char *pcre2; /* also a name in ECMA-262, unless it is told otherwise */
    const char *longer, *third;
};

static const struct names categories[] = {
    { "C", "Other", NULL },
    { "Cc", "Control", "cntrl" },
    { "Cf", "Format", NULL },
    { "Cn", "Unassigned", NULL },
    { "Co", "Private_Use", NULL },
    { "Cs", "Surrogate", NULL },
    { "L", "Letter", NULL },
    { "LC", "Cased_Letter", NULL },
    { "Ll", "Lowercase_Letter", NULL },
    { "Lm", "Modifier_Letter", NULL },
    { "Lo", "Other_Letter", NULL },
    { "Lt", "Titlecase_Letter", NULL },
    { "Lu", "Uppercase_Letter", NULL },
    { "M", "Mark", "Combining_Mark" },
    { "Mc", "Spacing_Mark", NULL },
    { "Me", "Enclosing_Mark", NULL },
    { "Mn", "Nonspacing_Mark", NULL },
    { "N", "Number", NULL },
    { "Nd", "Decimal_Number", "digit" },
    { "Nl", "Letter_Number", NULL },
    { "No", "Other_Number", NULL },
    { "P", "Punctuation", "punct" },
    { "Pc", "Connector_Punctuation", NULL },
    { "Pd", "Dash_Punctuation", NULL },
    { "Pe", "Close_Punctuation", NULL },
    { "Pf", "Final_Punctuation", NULL },
    { "Pi", "Initial_Punctuation", NULL },
    { "Po", "Other_Punctuation", NULL },
    { "Ps", "Open_Punctuation", NULL },
    { "S", "Symbol", NULL },
    { "Sc", "Currency_Symbol", NULL },
    { "Sk", "Modifier_Symbol", NULL },
    { "Sm", "Math_Symbol", NULL },
    { "So", "Other_Symbol", NULL },
    { "Z", "Separator", NULL },
    { "Zl", "Line_Separator", NULL },
    { "Zp", "Paragraph_Separator", NULL },
    { "Zs", "Space_Separator", NULL },
};

static const struct names binaries[] = {
    { "ASCII", NULL, NULL },
    { "AHex", "ASCII_Hex_Digit", NULL },
    { "Alpha", "Alphabetic", NULL },
    { "Any", NULL, NULL },
    { "Bidi_C", "Bidi_Control", NULL },
    { "Bidi_M", "Bidi_Mirrored", NULL },
    { "CI", "Case_Ignorable", NULL },
    { "Cased", NULL, NULL },
    { "CWCF", "Changes_When_Casefolded", NULL },
    { "CWCM", "Changes_When_Casemapped", NULL },
    { "CWKCF", "Changes_When_NFKC_Casefolded", NULL }, /* not in PCRE2 10.42 */
    { "CWL", "Changes_When_Lowercased", NULL },
    { "CWT", "Changes_When_Titlecased", NULL },
    { "CWU", "Changes_When_Uppercased", NULL },
    { "Dash", NULL, NULL },
    { "DI", "Default_Ignorable_Code_Point", NULL },
    { "Dep", "Deprecated", NULL },
    { "Dia", "Diacritic", NULL },
    { "Emoji", NULL, NULL },
    { "EComp", "Emoji_Component", NULL },
    { "EMod", "Emoji_Modifier", NULL },
    { "EBase", "Emoji_Modifier_Base", NULL },
    { "EPres", "Emoji_Presentation", NULL },
    { "ExtPict", "Extended_Pictographic", NULL },
    { "Ext", "Extender", NULL },
    { "Gr_Base", "Grapheme_Base", NULL },
    { "Gr_Ext", "Grapheme_Extend", NULL },
    { "Hex", "Hex_Digit", NULL },
    { "IDSB", "IDS_Binary_Operator", NULL },
    { "IDST", "IDS_Trinary_Operator", NULL },
    { "IDC", "ID_Continue", NULL },
    { "IDS", "ID_Start", NULL },
    { "Ideo", "Ideographic", NULL },
    { "Join_C", "Join_Control", NULL },
    { "LOE", "Logical_Order_Exception", NULL },
    { "Lower", "Lowercase", NULL },
    { "Math", NULL, NULL },
    { "NChar", "Noncharacter_Code_Point", NULL },
    { "Pat_Syn", "Pattern_Syntax", NULL },
    { "Pat_WS", "Pattern_White_Space", NULL },
    { "QMark", "Quotation_Mark", NULL },
    { "Radical", NULL, NULL },
    { "RI", "Regional_Indicator", NULL },
    { "STerm", "Sentence_Terminal", NULL },
    { "SD", "Soft_Dotted", NULL },
    { "Term", "Terminal_Punctuation", NULL },
    { "UIdeo", "Unified_Ideograph", NULL },
    { "Upper", "Uppercase", NULL },
    { "VS", "Variation_Selector", NULL },
    { "space", "White_Space", NULL },
    { "XIDC", "XID_Continue", NULL },
    { "XIDS", "XID_Start", NULL },
};

static bool same(const char *name, const char *text, size_t len)
{
    return name && strlen(name) == len && memcmp(name, text, len) == 0;
}

static const char *find(const struct names *table, size_t n, const char *text, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (same(table[i].pcre2, text, len) || same(table[i].longer, text, len) ||
            same(table[i].third, text, len))
            return table[i].pcre2;
    }
    return NULL;
}

static const char *find_category(const char *text, size_t len)
{
    return find(categories, sizeof categories / sizeof categories[0], text, len);
}

static const char *find_alone(const char *text, size_t len)
{
    const char *category = find_category(text, len);

    if (same("Assigned", text, len))
        return "^Cn";
    return category ? category
                    : find(binaries, sizeof binaries / sizeof binaries[0], text, len);
}

/* PCRE2 would take spaces, hyphens and a negation. */
static bool is_script(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_')
            return false;
    }
    return len > 0 && len < 40;
}

bool mcps__property_translate(char ret[MCPS__PROPERTY_SIZE], const char *text, size_t len)
{
    const char *equals = len > 0 ? memchr(text, '=', len) : NULL;
    size_t name_len = equals ? (size_t)(equals - text) : len;
    const char *value = equals ? equals + 1 : text;
    size_t value_len = equals ? len - name_len - 1 : len;
    const char *found = NULL, *kind = "";
    bool scripts = same("Script", text, name_len) || same("sc", text, name_len);
    bool extended =
        same("Script_Extensions", text, name_len) || same("scx", text, name_len);

    if (equals && (scripts || extended)) {
        if (!is_script(value, value_len))
            return false;
        kind = scripts ? "sc:" : "scx:";
        snprintf(ret, MCPS__PROPERTY_SIZE, "%s%.*s", kind, (int)value_len, value);
        return true;
    }
    if (!equals)
        found = find_alone(text, len);
    else if (same("General_Category", text, name_len) || same("gc", text, name_len))
        found = find_category(value, value_len);
    if (!found)
        return false;
    snprintf(ret, MCPS__PROPERTY_SIZE, "%s", strcmp(found, "LC") == 0 ? "L&" : found);
    return true;
}
