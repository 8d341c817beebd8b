// bare_milter unix:/PATH|inet:PORT@ADDRESS: a filter on libmilter that accepts everything, told
// connect, HELO, MAIL and RCPT and nothing else. What libmilter itself costs.
#include <libmilter/mfapi.h>

#include <cstdio>

namespace {

sfsistat on_connect(SMFICTX* /*context*/, char* /*host*/, struct sockaddr* /*address*/) {
  return SMFIS_CONTINUE;
}
sfsistat on_helo(SMFICTX* /*context*/, char* /*name*/) {
  return SMFIS_CONTINUE;
}
sfsistat on_mail(SMFICTX* /*context*/, char** /*arguments*/) {
  return SMFIS_CONTINUE;
}
sfsistat on_rcpt(SMFICTX* /*context*/, char** /*arguments*/) {
  return SMFIS_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bare_milter unix:/PATH|inet:PORT@ADDRESS\n");
    return 2;
  }
  char name[] = "bare_milter";
  struct smfiDesc filter {};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  smfi_setbacklog(4096);
  if (smfi_register(filter) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS) return 1;
  return smfi_main();
}
