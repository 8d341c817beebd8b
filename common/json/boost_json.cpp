// The whole of Boost.JSON, which Debian has as headers and we take as headers.
#include <boost/json/src.hpp>
