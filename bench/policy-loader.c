/* Asks a policy service on a unix socket: policy-loader SOCKET CONNECTIONS REQUESTS RECIPIENTS [DOMAIN]. One request at a time a
   connection; with a DOMAIN each is for a domain of its own, from the one of that number on, else all are for example.test.
   Prints requests a second and the 50th and 99th percentile of an answer in microseconds. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *form =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=198.51.100.10\n"
    "client_name=client.test\nclient_port=57027\nreverse_client_name=client.test\nserver_address=127.0.0.12\n"
    "server_port=25\nhelo_name=client.test\nsender=a@client.test\nrecipient=user%ld@%sexample.test\nrecipient_count=0\n"
    "queue_id=\ninstance=642b.6b03921c.7a0fa.0\nsize=1234\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\n"
    "sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
    "encryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static long asked, recipients, domain = -1;
static double began[1024];

static void ask(int fd, int at) {
  char text[2048], label[32] = "";
  if (domain >= 0) snprintf(label, sizeof label, "d%ld.", domain + asked);
  int length = snprintf(text, sizeof text, form, asked % recipients, label);
  asked++;
  began[at] = now();
  if (write(fd, text, length) != length) exit(3);
}

int main(int argc, char **argv) {
  if (argc != 5 && argc != 6) return 2;
  int count = atoi(argv[2]);
  long total = atol(argv[3]), done = 0;
  recipients = atol(argv[4]);
  if (argc == 6) domain = atol(argv[5]);
  double *took = malloc(total * sizeof *took);
  int fds[1024], poll = epoll_create1(0);
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, argv[1], sizeof name.sun_path - 1);
  for (int at = 0; at < count; at++) {
    fds[at] = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fds[at], (struct sockaddr *)&name, sizeof name)) return 4;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = at};
    epoll_ctl(poll, EPOLL_CTL_ADD, fds[at], &event);
  }
  double start = now();
  for (int at = 0; at < count; at++) ask(fds[at], at);
  while (done < total) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, 10000);
    if (ready <= 0) return 5;
    for (int i = 0; i < ready && done < total; i++) {
      char text[1024];
      int at = events[i].data.u32;
      ssize_t length = read(fds[at], text, sizeof text);
      if (length < 2 || strncmp(text, "action=", 7) || memcmp(text + length - 2, "\n\n", 2)) return 6;
      took[done++] = now() - began[at];
      if (asked < total) ask(fds[at], at);
    }
  }
  double seconds = (now() - start) / 1e6;
  qsort(took, total, sizeof *took, by_size);
  printf("%.0f %.1f %.1f\n", total / seconds, took[total / 2], took[(long)(total * 0.99)]);
  return 0;
}
