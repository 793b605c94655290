/* The floor of an upload: receive, hash, write, sync. One connection after the other.
 *
 * A sender says how many bytes follow (8 bytes, little-endian), sends them, and gets their SHA-256
 * once they are on the disk. The port is printed as one JSON number. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static void require(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static void take(int from, const char *path, char *piece) {
    uint64_t left;
    require(recv(from, &left, sizeof left, MSG_WAITALL) == sizeof left, "length");
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    require(file >= 0, "open");
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    while (left) {
        ssize_t count = recv(from, piece, left < PIECE ? left : PIECE, 0);
        require(count > 0, "recv");
        EVP_DigestUpdate(digest, piece, count);
        for (ssize_t written = 0; written < count;) {
            ssize_t more = write(file, piece + written, count - written);
            require(more > 0, "write");
            written += more;
        }
        left -= count;
    }
    require(fsync(file) == 0, "fsync");
    unsigned char sum[32];
    EVP_DigestFinal_ex(digest, sum, NULL);
    EVP_MD_CTX_free(digest);
    require(close(file) == 0, "close");
    require(send(from, sum, sizeof sum, 0) == sizeof sum, "send");
}

int main(int count, char **words) {
    require(count == 2, "give a path");
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    require(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    require(listen(listener, 4) == 0, "listen");
    require(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "port");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    char *piece = malloc(PIECE);
    for (;;) {
        int from = accept(listener, NULL, NULL);
        require(from >= 0, "accept");
        take(from, words[1], piece);
        close(from);
    }
}
