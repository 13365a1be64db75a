/* A Restart Manager that answers what its environment says, by the real calling conventions.

   RM_PIDS      process ids with blanks between them; none: nobody
   RM_SERVICE   the service each of them is said to be
   RM_GROWS     so many times the list has grown by one since it was last asked for
   RM_SESSIONS  set by us: how many sessions are open
*/
#include <windows.h>
#include <restartmanager.h>
#include <stdlib.h>
#include <wchar.h>

static LONG sessions;
static BOOL folder;
static UINT asked;

static UINT number(const WCHAR *name)
{
    WCHAR text[32] = L"";
    GetEnvironmentVariableW(name, text, 32);
    return (UINT)wcstoul(text, NULL, 10);
}

static DWORD counted(void)
{
    WCHAR text[32];
    _snwprintf(text, 32, L"%ld", sessions);
    SetEnvironmentVariableW(L"RM_SESSIONS", text);
    return ERROR_SUCCESS;
}

__declspec(dllexport) DWORD WINAPI RmStartSession(DWORD *session, DWORD flags, WCHAR *key)
{
    if (flags || !key) return ERROR_INVALID_PARAMETER;
    wcscpy(key, L"0123456789abcdef0123456789abcdef");
    *session = (DWORD)InterlockedIncrement(&sessions);
    folder = FALSE;
    asked = 0;
    return counted();
}

__declspec(dllexport) DWORD WINAPI RmRegisterResources(
    DWORD session, UINT count, LPCWSTR *files, UINT apps, RM_UNIQUE_PROCESS *app,
    UINT services, LPCWSTR *service)
{
    DWORD attributes;
    if (count != 1 || apps || services) return ERROR_INVALID_PARAMETER;
    attributes = GetFileAttributesW(files[0]);
    if (attributes == INVALID_FILE_ATTRIBUTES) return ERROR_FILE_NOT_FOUND;
    folder = (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    return ERROR_SUCCESS;
}

static void fill(RM_PROCESS_INFO *row, DWORD pid)
{
    FILETIME other;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    ZeroMemory(row, sizeof(*row));
    row->Process.dwProcessId = pid;
    if (process) {
        GetProcessTimes(process, &row->Process.ProcessStartTime, &other, &other, &other);
        CloseHandle(process);
    }
    wcscpy(row->strAppName, L"Application of the double");
    GetEnvironmentVariableW(L"RM_SERVICE", row->strServiceShortName, CCH_RM_MAX_SVC_NAME + 1);
    row->ApplicationType = row->strServiceShortName[0] ? RmService : RmConsole;
    row->bRestartable = TRUE;
}

__declspec(dllexport) DWORD WINAPI RmGetList(
    DWORD session, UINT *needed, UINT *count, RM_PROCESS_INFO *rows, DWORD *reasons)
{
    WCHAR text[512] = L"", *at = text;
    DWORD pids[64];
    UINT found = 0, grown = number(L"RM_GROWS"), i;
    if (folder) return ERROR_ACCESS_DENIED;
    GetEnvironmentVariableW(L"RM_PIDS", text, 512);
    while (found < 64 && *at) {
        WCHAR *end;
        DWORD pid = wcstoul(at, &end, 10);
        if (end == at) break;
        pids[found++] = pid;
        at = end;
    }
    asked++;
    *needed = found + (asked <= grown ? asked : 0);
    *reasons = RmRebootReasonNone;
    if (asked <= grown || *count < found) return found || grown ? ERROR_MORE_DATA : ERROR_SUCCESS;
    for (i = 0; i < found; i++) fill(&rows[i], pids[i]);
    *count = found;
    return ERROR_SUCCESS;
}

__declspec(dllexport) DWORD WINAPI RmEndSession(DWORD session)
{
    InterlockedDecrement(&sessions);
    return counted();
}
