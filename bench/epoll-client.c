/*
 * The rate to measure the library against: connect, read the greeting, want 220, send QUIT, close.
 * usage: epoll-client PORT CONCURRENCY, with the IPv4 addresses on standard input, one a line.
 * Prints how many servers greeted and the milliseconds it took.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ADDRESSES 65536
#define EVENTS_AT_ONCE 256

static struct sockaddr_in addresses[MAX_ADDRESSES];
static int address_count, started, finished, greeted;

static void read_addresses(unsigned short port)
{
    char line[64];
    while (address_count < MAX_ADDRESSES && fgets(line, sizeof line, stdin)) {
        struct sockaddr_in *address = &addresses[address_count];
        line[strcspn(line, "\n")] = '\0';
        address->sin_family = AF_INET;
        address->sin_port = htons(port);
        if (inet_pton(AF_INET, line, &address->sin_addr) != 1) {
            fprintf(stderr, "Cannot read \"%s\" as an IPv4 address\n", line);
            exit(1);
        }
        address_count++;
    }
}

static void start_next(int epoll)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (started == address_count)
        return;
    event.data.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (event.data.fd < 0) {
        perror("socket");
        exit(1);
    }
    /* EINPROGRESS is usual here; a real failure shows as an event, and then as a read that fails */
    connect(event.data.fd, (struct sockaddr *)&addresses[started++], sizeof addresses[0]);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) < 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

static void finish(int fd)
{
    char greeting[1024];
    ssize_t size = read(fd, greeting, sizeof greeting);

    if (size > 4 && memcmp(greeting, "220 ", 4) == 0 && greeting[size - 1] == '\n'
        && send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL) == 6)
        greeted++;
    close(fd);
    finished++;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (argc != 3) {
        fprintf(stderr, "usage: epoll-client PORT CONCURRENCY <addresses\n");
        return 1;
    }
    read_addresses(atoi(argv[1]));

    double start = now_ms();
    for (int i = atoi(argv[2]); i > 0; i--)
        start_next(epoll);
    while (finished < address_count) {
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            finish(events[i].data.fd);
            start_next(epoll);
        }
    }
    printf("%d %.3f\n", greeted, now_ms() - start);
    return 0;
}
