/* A PowerShell that says what its environment tells it to, and checks how it was called.

   SMB_JSON   what it prints, in UTF-8 with a mark at its start
   SMB_FAILS  its exit status, with a complaint
   SMB_HANGS  set: it does not answer
*/
#include <stdio.h>
#include <windows.h>

int main(int count, char **words)
{
    static char text[65536] = "{\"opens\":[],\"sessions\":[]}";
    char status[16] = "";
    if (count != 6 || strcmp(words[2], "-NoProfile") || strcmp(words[4], "-Command")) return 99;
    if (GetEnvironmentVariableA("SMB_HANGS", status, 16)) Sleep(60000);
    if (GetEnvironmentVariableA("SMB_FAILS", status, 16)) {
        fprintf(stderr, "Get-SmbOpenFile : Access denied\n");
        return atoi(status);
    }
    GetEnvironmentVariableA("SMB_JSON", text, sizeof(text));
    printf("\xef\xbb\xbf%s\r\n", text);
    return 0;
}
