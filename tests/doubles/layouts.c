/* Prints what the headers of Windows say of its structures: name, size, and offset of each field. */
#include <stddef.h>
#include <stdio.h>
#include <windows.h>
#include <winternl.h>
#include <lm.h>
#include <restartmanager.h>
#include <tlhelp32.h>

#define SIZE(type) printf("%s %u\n", #type, (unsigned)sizeof(type))
#define AT(type, field) printf("%s.%s %u\n", #type, #field, (unsigned)offsetof(type, field))

int main(void)
{
    SIZE(RM_PROCESS_INFO);
    AT(RM_PROCESS_INFO, Process.ProcessStartTime);
    AT(RM_PROCESS_INFO, strAppName);
    AT(RM_PROCESS_INFO, strServiceShortName);
    AT(RM_PROCESS_INFO, ApplicationType);
    AT(RM_PROCESS_INFO, AppStatus);
    AT(RM_PROCESS_INFO, TSSessionId);
    AT(RM_PROCESS_INFO, bRestartable);
    SIZE(FILE_INFO_3);
    AT(FILE_INFO_3, fi3_pathname);
    AT(FILE_INFO_3, fi3_username);
    SIZE(SESSION_INFO_2);
    AT(SESSION_INFO_2, sesi2_username);
    AT(SESSION_INFO_2, sesi2_num_opens);
    AT(SESSION_INFO_2, sesi2_cltype_name);
    SIZE(BY_HANDLE_FILE_INFORMATION);
    AT(BY_HANDLE_FILE_INFORMATION, dwVolumeSerialNumber);
    AT(BY_HANDLE_FILE_INFORMATION, nFileIndexHigh);
    AT(BY_HANDLE_FILE_INFORMATION, nFileIndexLow);
    SIZE(ENUM_SERVICE_STATUS_PROCESSW);
    AT(ENUM_SERVICE_STATUS_PROCESSW, ServiceStatusProcess.dwProcessId);
    SIZE(TOKEN_PRIVILEGES);
    AT(TOKEN_PRIVILEGES, Privileges[0].Attributes);
    SIZE(IO_STATUS_BLOCK);
    AT(IO_STATUS_BLOCK, Information);
    SIZE(PROCESSENTRY32W);
    AT(PROCESSENTRY32W, th32ProcessID);
    AT(PROCESSENTRY32W, szExeFile);
    return 0;
}
