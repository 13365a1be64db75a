/* A file server that answers what its environment says, two files a page.

   NET_ERROR     the error of NetFileEnum
   NET_FILES     `id|permissions|locks|path|user`, with `;` between files
   NET_SESSIONS  `client|user|opens`, with `;` between sessions; `5` alone: access is denied
   NET_BUFFERS   set by us: how many buffers were not given back
*/
#include <windows.h>
#include <lm.h>
#include <stdlib.h>
#include <wchar.h>

#define PAGE 2
#define ROOM 4096

static LONG buffers;

static void *buffer(SIZE_T size)
{
    WCHAR text[32];
    _snwprintf(text, 32, L"%ld", InterlockedIncrement(&buffers));
    SetEnvironmentVariableW(L"NET_BUFFERS", text);
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
}

__declspec(dllexport) DWORD WINAPI NetApiBufferFree(void *given)
{
    WCHAR text[32];
    if (!given) return 0;
    HeapFree(GetProcessHeap(), 0, given);
    _snwprintf(text, 32, L"%ld", InterlockedDecrement(&buffers));
    SetEnvironmentVariableW(L"NET_BUFFERS", text);
    return 0;
}

/* Cuts the n-th row of a table into its columns, in place; false where there is none. */
static BOOL row(WCHAR *table, DWORD n, WCHAR **columns, int count)
{
    int i;
    while (n-- && table) if ((table = wcschr(table, L';'))) table++;
    if (!table || !*table) return FALSE;
    if (wcschr(table, L';')) *wcschr(table, L';') = 0;
    for (i = 0; i < count; i++) {
        columns[i] = table;
        if ((table = wcschr(table, L'|'))) *table++ = 0; else table = L"";
    }
    return TRUE;
}

__declspec(dllexport) DWORD WINAPI NetFileEnum(
    WCHAR *server, WCHAR *base, WCHAR *user, DWORD level, BYTE **rows, DWORD most,
    DWORD *count, DWORD *total, DWORD_PTR *resume)
{
    WCHAR error[32] = L"", *columns[5], *texts;
    FILE_INFO_3 *files;
    if (server || base || user || level != 3 || !resume) return ERROR_INVALID_PARAMETER;
    if (GetEnvironmentVariableW(L"NET_ERROR", error, 32)) return wcstoul(error, NULL, 10);
    files = buffer(PAGE * (sizeof(*files) + ROOM * sizeof(WCHAR)));
    texts = (WCHAR *)(files + PAGE);
    for (*count = 0; *count < PAGE; (*count)++, (*resume)++) {
        WCHAR *table = texts + *count * ROOM;
        if (!GetEnvironmentVariableW(L"NET_FILES", table, ROOM)) break;
        if (!row(table, (DWORD)*resume, columns, 5)) break;
        files[*count].fi3_id = wcstoul(columns[0], NULL, 10);
        files[*count].fi3_permissions = wcstoul(columns[1], NULL, 10);
        files[*count].fi3_num_locks = wcstoul(columns[2], NULL, 10);
        files[*count].fi3_pathname = columns[3];
        files[*count].fi3_username = columns[4];
    }
    *total = *count;
    *rows = (BYTE *)files;
    return *count == PAGE ? ERROR_MORE_DATA : 0;
}

__declspec(dllexport) DWORD WINAPI NetSessionEnum(
    WCHAR *server, WCHAR *client, WCHAR *user, DWORD level, BYTE **rows, DWORD most,
    DWORD *count, DWORD *total, DWORD *resume)
{
    WCHAR *columns[3], *texts;
    SESSION_INFO_2 *sessions;
    if (server || client || user || level != 2 || !resume) return ERROR_INVALID_PARAMETER;
    sessions = buffer(PAGE * (sizeof(*sessions) + ROOM * sizeof(WCHAR)));
    texts = (WCHAR *)(sessions + PAGE);
    *rows = (BYTE *)sessions;
    for (*count = 0; *count < PAGE; (*count)++, (*resume)++) {
        WCHAR *table = texts + *count * ROOM;
        if (!GetEnvironmentVariableW(L"NET_SESSIONS", table, ROOM)) break;
        if (!wcscmp(table, L"5")) return ERROR_ACCESS_DENIED;
        if (!row(table, *resume, columns, 3)) break;
        sessions[*count].sesi2_cname = columns[0];
        sessions[*count].sesi2_username = columns[1];
        sessions[*count].sesi2_num_opens = wcstoul(columns[2], NULL, 10);
    }
    *total = *count;
    return *count == PAGE ? ERROR_MORE_DATA : 0;
}
